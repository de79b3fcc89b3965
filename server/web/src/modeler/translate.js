import zh from './zh.json';

/** The libraries write one thing as 'Start event' here and 'Start Event' there. */
const chinese = new Map(Object.entries(zh).map(([text, own]) => [text.toLowerCase(), own]));

/** Texts that the Chinese page had to show in English: a test walks the page and wants this empty. */
export const missing = new Set();

/** The translate module of the drawing libraries in the language of the page. */
export function translateModule(lang) {
  const say = (template, holes = {}) => {
    const text = String(template ?? '');
    if (!lang.startsWith('zh')) return filled(text, holes);
    if (text && !chinese.has(text.toLowerCase())) missing.add(text);
    return own(text, holes);
  };
  return { translate: ['value', say] };
}

/** The Chinese of a text that a library wrote, or the text itself, which may be somebody's own. */
export function own(text, holes = {}) {
  return filled(chinese.get(text.toLowerCase()) ?? text, holes);
}

function filled(text, holes) {
  return text.replace(/{([^}]+)}/g, (whole, name) => (name in holes ? holes[name] : whole));
}
