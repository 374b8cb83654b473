// What is said: texts, numbers, waits, dates and clocks. The same as `pages/words.rs` on the server; `web/fixtures/` keeps the two in step.

/** @typedef {Record<string, string>} Texts */
/** @typedef {'ko' | 'en'} Lang */

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];
const WEEKDAYS = {
  ko: ['일', '월', '화', '수', '목', '금', '토'],
  en: ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'],
};

/** @param {number} n */
export const grouped = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ',');

/** A code as it is read out: groups of four. @param {string} code */
export const spaced = (code) => code.replace(/(.{4})(?=.)/gu, '$1 ');

/**
 * Reads `name_ms` (milliseconds) or `name` (RFC 3339) of an object.
 * @param {any} object @param {string} name @returns {number | null}
 */
export function timeOf(object, name) {
  const ms = object?.[`${name}_ms`];
  if (typeof ms === 'number') return ms;
  const text = object?.[name];
  const parsed = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  return Number.isNaN(parsed) ? null : parsed;
}

/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/** The calendar fields of a moment in a time zone. @param {number} ms @param {string} zone */
function fields(ms, zone) {
  let format = formats.get(zone);
  if (!format) {
    /** @type {Intl.DateTimeFormatOptions} */
    const options = { hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' };
    try {
      format = new Intl.DateTimeFormat('en-US', { ...options, timeZone: zone });
    } catch {
      format = new Intl.DateTimeFormat('en-US', { ...options, timeZone: 'UTC' });
    }
    formats.set(zone, format);
  }
  const of = Object.fromEntries(format.formatToParts(ms).map((part) => [part.type, Number(part.value)]));
  const weekday = new Date(Date.UTC(of.year, of.month - 1, of.day)).getUTCDay();
  return { year: of.year, month: of.month, day: of.day, hour: of.hour, minute: of.minute, second: of.second, weekday };
}

const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
const twelve = (/** @type {number} */ hour) => (hour % 12 === 0 ? 12 : hour % 12);
const halfDay = (/** @type {number} */ hour) => (hour < 12 ? '오전' : '오후');

/** `10:00`, the same in both languages. @param {number} ms @param {string} zone */
export function slotTime(ms, zone) {
  const at = fields(ms, zone);
  return `${two(at.hour)}:${two(at.minute)}`;
}

/** Tells days apart. @param {number} ms @param {string} zone */
export function dayKey(ms, zone) {
  const at = fields(ms, zone);
  return `${at.year}${two(at.month)}${two(at.day)}`;
}

export class Words {
  /** @param {Lang} lang @param {Texts} texts */
  constructor(lang, texts) {
    this.lang = lang;
    this.texts = texts;
  }

  /** @param {string} key */
  has(key) {
    return Object.hasOwn(this.texts, key);
  }

  /** @param {string} key @param {Record<string, string>} [values] */
  say(key, values = {}) {
    let text = this.has(key) ? this.texts[key] : key;
    for (const [name, value] of Object.entries(values)) text = text.replaceAll(`{${name}}`, value);
    return text;
  }

  /** What to tell a person about a code of the API. @param {string} code */
  problem(code) {
    return this.say(this.has(`problem_${code}`) ? `problem_${code}` : 'problem_other');
  }

  /** A text given by language. @param {any} texts @returns {string} */
  pick(texts) {
    if (typeof texts === 'string') return texts;
    return texts?.[this.lang] ?? texts?.ko ?? texts?.en ?? '';
  }

  /** @param {string} key @param {number} n */
  count(key, n) {
    return this.say(key, { n: grouped(n) });
  }

  /** @param {number} n */
  party(n) {
    return this.count(n === 1 ? 'party_one' : 'party_many', n);
  }

  /** A wait in seconds, no finer than it deserves. @param {number} low @param {number} high */
  wait(low, high) {
    if (high === 0) return this.say('wait_now');
    if (high <= 60) return this.say('wait_under_minute');
    const hours = high > 7200;
    const unit = hours ? 3600 : 60;
    const from = Math.max(1, Math.floor(low / unit));
    const to = Math.ceil(high / unit);
    const key = hours ? 'wait_hours' : 'wait_minutes';
    return from >= to ? this.count(key, to) : this.say(`${key}_range`, { low: grouped(from), high: grouped(to) });
  }

  /** @param {number} ms @param {string} zone */
  moment(ms, zone) {
    const at = fields(ms, zone);
    const clock = this.clock(ms, zone);
    return this.lang === 'ko' ? `${at.month}월 ${at.day}일 ${clock}` : `${at.day} ${MONTHS[at.month - 1]}, ${clock}`;
  }

  /** @param {number} ms @param {string} zone */
  clock(ms, zone) {
    const at = fields(ms, zone);
    if (this.lang === 'en') return `${at.hour}:${two(at.minute)}`;
    const hour = `${halfDay(at.hour)} ${twelve(at.hour)}시`;
    return at.minute === 0 ? hour : `${hour} ${at.minute}분`;
  }

  /** A deadline to the second. @param {number} ms @param {string} zone */
  deadline(ms, zone) {
    const at = fields(ms, zone);
    const rest = `${two(at.minute)}:${two(at.second)}`;
    return this.lang === 'ko' ? `${halfDay(at.hour)} ${twelve(at.hour)}:${rest}` : `${at.hour}:${rest}`;
  }

  /** @param {number} ms @param {string} zone */
  day(ms, zone) {
    const at = fields(ms, zone);
    const weekday = WEEKDAYS[this.lang][at.weekday];
    return this.lang === 'ko' ? `${at.year}년 ${at.month}월 ${at.day}일 (${weekday})` : `${weekday}, ${at.day} ${MONTHS[at.month - 1]} ${at.year}`;
  }

  /** How long until something. @param {number} ms */
  remaining(ms) {
    const s = Math.ceil(Math.max(0, ms) / 1000);
    const [days, hours, minutes, seconds] = [Math.floor(s / 86400), Math.floor(s / 3600) % 24, Math.floor(s / 60) % 60, s % 60];
    if (days > 0) return `${this.count('days', days)} ${two(hours)}:${two(minutes)}:${two(seconds)}`;
    return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
  }
}
