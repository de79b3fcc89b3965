import { defineConfig } from 'vite';

export default defineConfig({
  // Flask serves the files and finds them by manifest.json.
  base: '/static/dist/',
  publicDir: false,
  // The form editor and the viewer that it is built on come with two; hooks work within one.
  resolve: { dedupe: ['preact'] },
  build: {
    outDir: '../static/dist',
    emptyOutDir: true,
    manifest: 'manifest.json',
    // Nothing inline: the pages' content security policy allows neither inline script nor data: fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The old Chromium under the browsers of offices.
    target: 'chrome90',
    chunkSizeWarningLimit: 2000,
    rolldownOptions: {
      // htmx contains an eval that allowEval=false keeps it from reaching, and the policy forbids.
      checks: { eval: false, pluginTimings: false },
      input: {
        base: 'src/base.js',
        compare: 'src/compare.js',
        modeler: 'src/modeler/index.js',
        viewer: 'src/viewer.js',
      },
    },
  },
});
