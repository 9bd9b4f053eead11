const GAP = '\u00a0'

/** Formats a duration briefly: `4 s`, `3 min`, `2 h`, `5 d`, whose number and unit stay on one line. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000
  if (seconds < 100) return `${Math.floor(seconds)}${GAP}s`
  const minutes = seconds / 60
  if (minutes < 100) return `${Math.floor(minutes)}${GAP}min`
  const hours = minutes / 60
  return hours < 48 ? `${Math.floor(hours)}${GAP}h` : `${Math.floor(hours / 24)}${GAP}d`
}

/** Formats a time of day, with the date if it is another day than `nowMs`. */
export function formatTime(date: Date, nowMs: number): string {
  const time = date.toLocaleTimeString(undefined, { hour12: false })
  const isToday = date.toDateString() === new Date(nowMs).toDateString()
  return isToday ? time : `${date.toLocaleDateString(undefined, { dateStyle: 'medium' })} ${time}`
}

/** Formats a rate per second with as many digits as it deserves. */
export function formatRate(perSecond: number): string {
  if (perSecond >= 10 || perSecond === 0) return Math.round(perSecond).toLocaleString('en')
  return perSecond.toFixed(1)
}
