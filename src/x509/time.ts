/** UTCTime and GeneralizedTime as certificates have them, RFC 5280 §4.1.2.5: to the second, always Z. */
import { malformed } from './certificate-errors.js';
import { type DerReader, Tag } from './der-reader.js';

/** The next element as seconds since 1970-01-01T00:00Z (negative before). Either form may hold any year (RFC 5280 §4.1.2.5). */
export function parseTime(reader: DerReader): number {
  const utc = reader.peek() === Tag.UtcTime;
  const text = reader.view(utc ? Tag.UtcTime : Tag.GeneralizedTime);
  const at = utc ? 2 : 4;
  if (text.length !== at + 11 || text[at + 10] !== 0x5a) malformed('time');
  let year = twoDigits(text, 0);
  if (utc) year += year < 50 ? 2000 : 1900;
  else year = year * 100 + twoDigits(text, 2);
  const month = twoDigits(text, at);
  const day = twoDigits(text, at + 2);
  const hour = twoDigits(text, at + 4);
  const minute = twoDigits(text, at + 6);
  const second = twoDigits(text, at + 8);
  if (month < 1 || month > 12 || day < 1 || day > daysIn(month, year) || hour > 23 || minute > 59 || second > 59) {
    malformed('time');
  }
  return ((daysSince1970(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
}

function twoDigits(text: Uint8Array, at: number): number {
  const tens = text[at] - 0x30;
  const ones = text[at + 1] - 0x30;
  if (tens < 0 || tens > 9 || ones < 0 || ones > 9) malformed('time');
  return tens * 10 + ones;
}

function daysIn(month: number, year: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  // 31 days in odd months up to July, in even ones from August.
  return 30 + ((month + (month >> 3)) & 1);
}

/** Counts from 1 March, so that the day that comes and goes is the last of its year. */
function daysSince1970(year: number, month: number, day: number): number {
  const months = month > 2 ? month - 3 : month + 9;
  if (month <= 2) year--;
  const leapDays = ((year / 4) | 0) - ((year / 100) | 0) + ((year / 400) | 0);
  return year * 365 + leapDays + (((months * 153 + 2) / 5) | 0) + day - 719469;
}
