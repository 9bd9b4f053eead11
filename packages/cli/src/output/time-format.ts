const UNITS = [
  { name: 'd', seconds: 86_400 },
  { name: 'h', seconds: 3600 },
  { name: 'm', seconds: 60 },
  { name: 's', seconds: 1 },
] as const

/** Formats a duration in its largest unit, for narrow columns: `48s`, `3m`, `2h`, `400d`. */
export function formatShortDuration(seconds: number): string {
  if (seconds > 0 && seconds < 1) return `${seconds.toFixed(1)}s`
  const unit = UNITS.find((it) => seconds >= it.seconds) ?? UNITS[3]
  return `${Math.max(0, Math.floor(seconds / unit.seconds))}${unit.name}`
}

/** Formats a duration in its two largest units, for sentences: `3h 12m`. */
export function formatDuration(seconds: number): string {
  const at = UNITS.findIndex((it) => seconds >= it.seconds)
  const [unit, next] = UNITS.slice(at)
  if (at === -1 || unit === undefined || next === undefined) return formatShortDuration(seconds)
  return `${formatShortDuration(seconds)} ${Math.floor((seconds % unit.seconds) / next.seconds)}${next.name}`
}

/** Returns whole seconds since a time; 0 if the clock of the registry is ahead of the local one. */
export function secondsSince(time: Date, now: number): number {
  return Math.max(0, Math.floor((now - time.getTime()) / 1000))
}

/** Returns whole seconds until a time, rounded up, at least 0. */
export function secondsUntil(time: Date, now: number): number {
  return Math.max(0, Math.ceil((time.getTime() - now) / 1000))
}

/** Formats a local time: `14:03:21`. */
export function formatTime(time: Date): string {
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map(twoDigits).join(':')
}

/** Formats a local date: `2026-11-21`. */
export function formatDate(time: Date): string {
  return [time.getFullYear(), time.getMonth() + 1, time.getDate()].map(twoDigits).join('-')
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}
