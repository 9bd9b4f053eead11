const UNITS = [
  { name: 'd', seconds: 86_400 },
  { name: 'h', seconds: 3600 },
  { name: 'm', seconds: 60 },
  { name: 's', seconds: 1 },
] as const

/** A time span in its largest unit, for narrow columns: `48s`, `3m`, `2h`, `400d`. */
export function shortSpan(seconds: number): string {
  if (seconds > 0 && seconds < 1) return `${seconds.toFixed(1)}s`
  const unit = UNITS.find((it) => seconds >= it.seconds) ?? UNITS[3]
  return `${Math.max(0, Math.floor(seconds / unit.seconds))}${unit.name}`
}

/** A time span in its two largest units, for sentences: `3h 12m`. */
export function longSpan(seconds: number): string {
  const at = UNITS.findIndex((it) => seconds >= it.seconds)
  const [unit, next] = UNITS.slice(at)
  if (at === -1 || unit === undefined || next === undefined) return shortSpan(seconds)
  return `${shortSpan(seconds)} ${Math.floor((seconds % unit.seconds) / next.seconds)}${next.name}`
}

/** Whole seconds since a time; 0 when the clock of the registry is ahead of this one. */
export function secondsSince(time: Date, now: number): number {
  return Math.max(0, Math.floor((now - time.getTime()) / 1000))
}

/** Whole seconds until a time, at least 0; begun ones count. */
export function secondsUntil(time: Date, now: number): number {
  return Math.max(0, Math.ceil((time.getTime() - now) / 1000))
}

/** `14:03:21`, where it is read. */
export function clockTime(time: Date): string {
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map(twoDigits).join(':')
}

/** `2026-11-21`, where it is read. */
export function calendarDay(time: Date): string {
  return [time.getFullYear(), time.getMonth() + 1, time.getDate()].map(twoDigits).join('-')
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}
