/** Dates and numbers as the chosen language writes them. */
import { useLanguage } from "./language";

export interface Format {
  /** 3 Dec */
  day(value: string | Date): string;
  /** 3 Dec 2026 */
  date(value: string | Date): string;
  /** 3 Dec 2026, 14:05 */
  time(value: string | Date): string;
  /** 14:05 */
  clock(value: string | Date): string;
  /** in 3 days, 2 hours ago */
  relative(value: string | Date): string;
  number(value: number, digits?: number): string;
  percent(share: number): string;
  dollars(value: number): string;
  /** 12.3 kB */
  bytes(value: number): string;
  /** Sunday */
  weekday(name: string): string;
  /** one, two and three */
  list(words: readonly string[]): string;
}

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

const SIZES: [string, number][] = [
  ["MB", 1e6],
  ["kB", 1e3],
];

/** As the contract names them. */
export const WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

const formats = new Map<string, Format>(); // by locale: making one takes a millisecond, and each row of a table asks for it

function formatOf(locale: string): Format {
  const known = formats.get(locale) ?? newFormat(locale);
  formats.set(locale, known);
  return known;
}

function newFormat(language: string): Format {
  const date = new Intl.DateTimeFormat(language, { dateStyle: "medium" });
  const day = new Intl.DateTimeFormat(language, { day: "numeric", month: "short" });
  const time = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
  const clock = new Intl.DateTimeFormat(language, { timeStyle: "short" });
  const weekday = new Intl.DateTimeFormat(language, { weekday: "long" });
  const list = new Intl.ListFormat(language);
  const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 });
  return {
    day: (value) => day.format(dayOf(value)),
    date: (value) => date.format(dayOf(value)),
    time: (value) => time.format(new Date(value)),
    clock: (value) => clock.format(new Date(value)),
    relative: (value) => {
      const seconds = (new Date(value).getTime() - Date.now()) / 1000;
      const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", Infinity];
      return relative.format(Math.round(seconds / size), unit);
    },
    number: (value, digits = 1) => new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value),
    percent: (share) => percent.format(share),
    dollars: (value) =>
      new Intl.NumberFormat(language, {
        style: "currency",
        currency: "USD",
        currencyDisplay: "narrowSymbol",
        maximumFractionDigits: value !== 0 && Math.abs(value) < 1 ? 4 : 2,
      }).format(value),
    bytes: (value) => {
      const [unit, size] = SIZES.find(([, size]) => value >= size) ?? ["B", 1];
      return `${new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(value / size)} ${unit}`;
    },
    weekday: (name) => weekday.format(new Date(2024, 0, 1 + WEEKDAYS.indexOf(name))), // that was a Monday
    list: (words) => list.format(words),
  };
}

/** A date without a time is the same day everywhere. */
function dayOf(value: string | Date): Date {
  return typeof value === "string" && value.length === 10 ? new Date(`${value}T12:00:00`) : new Date(value);
}

export function useFormat(): Format {
  const { language } = useLanguage();
  return formatOf(localeOf(language));
}

/** Of the browser's own kinds of a language, the first: en-GB writes dates as en-US does not. */
function localeOf(language: string): string {
  return navigator.languages.find((locale) => locale.startsWith(language) && isKnown(locale)) ?? language;
}

/** Whether dates can be written in it: a system in the POSIX locale has the browser say `en-US@posix`. */
function isKnown(locale: string): boolean {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(locale).length > 0;
  } catch {
    return false;
  }
}
