import nativeCopyPaste from 'bpmn-js-native-copy-paste';
import { createReviver } from 'bpmn-js-native-copy-paste/lib/PasteUtil.js';

const PLACE = 'duban.copied';
/** Before the system's clipboard takes the copy for itself. */
const FIRST = 3000;

/** Whether the browser has the system's clipboard for this page: over HTTPS, and on the own machine. */
export const shared = Boolean(navigator.clipboard);

/** What was copied, kept in the browser for all diagrams of this address, in whatever window. */
class Kept {
  static $inject = ['moddle'];

  constructor(moddle) {
    this.moddle = moddle;
  }

  get() {
    const text = localStorage.getItem(PLACE);
    return text ? JSON.parse(text, createReviver(this.moddle)) : undefined;
  }

  set(tree) {
    localStorage.setItem(PLACE, JSON.stringify(tree));
  }

  clear() {
    const tree = this.get();
    localStorage.removeItem(PLACE);
    return tree;
  }

  isEmpty() {
    return localStorage.getItem(PLACE) === null;
  }
}

/** Copies go to both; where the page may not read the system's clipboard, what was copied here is pasted. */
class Both {
  static $inject = ['eventBus', 'clipboard', 'copyPaste', 'nativeCopyPaste'];

  constructor(eventBus, clipboard, copyPaste, native) {
    eventBus.on('copyPaste.elementsCopied', FIRST, ({ tree }) => clipboard.set(tree));
    eventBus.on('native-copy-paste:error', ({ message }) => {
      native.toggle(false);
      if (message.includes('paste')) copyPaste.paste();
    });
  }
}

/** Modules that let elements be copied from one diagram into another. */
export const clipboardModules = [
  nativeCopyPaste,
  { __init__: ['copyToBoth'], copyToBoth: ['type', Both], clipboard: ['type', Kept] },
];
