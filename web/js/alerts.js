// How a shopper who is not looking is called: title, icon, vibration, a sound if asked for; and what a screen reader is told, and how often.

const QUIET_MS = 30_000;

export class Alerts {
  /** @param {import('./words.js').Words} words @param {HTMLElement} said */
  constructor(words, said) {
    this.words = words;
    this.said = said;
    this.saidAt = 0;
    /** @type {AudioContext | null} */
    this.audio = null;
    this.icon = /** @type {HTMLLinkElement} */ (document.getElementById('icon'));
    this.quietIcon = this.icon.href;
  }

  /** Tells a screen reader at once. @param {string} text */
  say(text) {
    if (text === '' || this.said.textContent === text) return;
    this.said.textContent = text;
    this.saidAt = Date.now();
  }

  /** Tells it, unless something was told a moment ago. @param {string} text */
  mention(text) {
    if (Date.now() - this.saidAt >= QUIET_MS) this.say(text);
  }

  /** Title and icon; the turn shows in both. @param {string} title @param {boolean} turn */
  show(title, turn) {
    const text = turn ? this.words.say('title_turn') : title;
    if (document.title !== text) document.title = text;
    const href = turn ? (this.icon.dataset.turn ?? this.quietIcon) : this.quietIcon;
    if (this.icon.getAttribute('href') !== href) this.icon.setAttribute('href', href);
  }

  /** A browser plays nothing that no touch has allowed: call this from one. */
  allowSound() {
    this.audio ??= new AudioContext();
    void this.audio.resume();
  }

  /** Calls for the turn. @param {boolean} sound */
  call(sound) {
    navigator.vibrate?.([200, 100, 200]);
    if (!sound || !this.audio) return;
    this.#note(0, 659.3);
    this.#note(0.25, 880);
  }

  /** @param {number} after @param {number} pitch */
  #note(after, pitch) {
    if (!this.audio) return;
    const [tone, loud, at] = [this.audio.createOscillator(), this.audio.createGain(), this.audio.currentTime + after];
    tone.frequency.value = pitch;
    loud.gain.setValueAtTime(0.0001, at);
    loud.gain.exponentialRampToValueAtTime(0.2, at + 0.02);
    loud.gain.exponentialRampToValueAtTime(0.0001, at + 0.6);
    tone.connect(loud).connect(this.audio.destination);
    tone.start(at);
    tone.stop(at + 0.65);
  }
}
