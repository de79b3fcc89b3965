import zh from './zh.json';

/** The libraries write one thing as 'Start event' here and 'Start Event' there. */
const chinese = new Map(Object.entries(zh).map(([text, own]) => [text.toLowerCase(), own]));

/** Texts that the Chinese page had to show in English: a test walks the page and wants this empty. */
export const missing = new Set();

/** The translate module of the drawing libraries in the language of the page. */
export function translateModule(lang) {
  const say = (template, holes = {}) => {
    let text = String(template ?? '');
    if (lang.startsWith('zh') && text) {
      const own = chinese.get(text.toLowerCase());
      if (own === undefined) missing.add(text);
      text = own ?? text;
    }
    return text.replace(/{([^}]+)}/g, (whole, name) => (name in holes ? holes[name] : whole));
  };
  return { translate: ['value', say] };
}
