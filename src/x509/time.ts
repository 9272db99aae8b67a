/** UTCTime and GeneralizedTime as certificates have them, RFC 5280 §4.1.2.5: to the second, always Z. */
import { malformed } from './certificate-errors.js';
import { type DerReader, Tag } from './der-reader.js';

/** The next element as seconds since 1970-01-01T00:00Z (negative before). Either form may hold any year (RFC 5280 §4.1.2.5). */
export function parseTime(reader: DerReader): number {
  const utc = reader.peek() === Tag.UtcTime;
  const text = reader.view(utc ? Tag.UtcTime : Tag.GeneralizedTime);
  if (text.length !== (utc ? 13 : 15) || text[text.length - 1] !== 0x5a) malformed('time');
  const fields: number[] = [];
  for (let i = 1; i < text.length; i += 2) {
    const tens = text[i - 1] - 0x30;
    const ones = text[i] - 0x30;
    if (tens < 0 || tens > 9 || ones < 0 || ones > 9) malformed('time');
    fields.push(tens * 10 + ones);
  }
  if (utc) fields.splice(0, 0, fields[0] < 50 ? 20 : 19);
  const year = fields[0] * 100 + fields[1];
  const month = fields[2];
  const day = fields[3];
  const first = daysSince1970(year, month);
  const isDay = month > 0 && month < 13 && day > 0 && day <= daysSince1970(year, month + 1) - first;
  if (!isDay || fields[4] > 23 || fields[5] > 59 || fields[6] > 59) malformed('time');
  return (((first + day - 1) * 24 + fields[4]) * 60 + fields[5]) * 60 + fields[6];
}

/** Of the first day of a month, 1 to 13. Counts from 1 March, so that the day that comes and goes is the last of its year. */
function daysSince1970(year: number, month: number): number {
  const months = month > 2 ? month - 3 : month + 9;
  if (month < 3) year--;
  const leapDays = ((year / 4) | 0) - ((year / 100) | 0) + ((year / 400) | 0);
  return year * 365 + leapDays + (((months * 153 + 2) / 5) | 0) - 719468;
}
