import { eventLine } from '../output/event-line.ts'
import { STATUS_STYLES } from '../output/status-styles.ts'
import { paint, type Style } from '../output/terminal.ts'
import { pad, printable, truncate } from '../output/text-width.ts'
import type { FleetOverview, Tally } from './fleet-overview.ts'

/** The size of the terminal and the current time. */
export interface OverviewViewport {
  readonly columns: number
  readonly rows: number
  readonly nowMs: number
}

const NAME_COLUMNS = 14
/** The width to which `eventLine` pads ids. */
const MIN_ID_COLUMNS = 16
const COUNT_COLUMNS = 7
const GAP = '   '
const QUIT_HINT = '  q quits'
const MOST_CAPABILITIES = 8
/** Lines besides the tallies and the events: title, empty lines, headings. */
const OTHER_LINES = 6

/** Formats the overview as lines that fit the terminal. */
export function overviewLines(
  overview: FleetOverview,
  registryUrl: string,
  viewport: OverviewViewport,
): string[] {
  const rates = overview.rates(viewport.nowMs)
  const tallies = tallyLines(overview, viewport)
  const events = overview.latest.slice(0, Math.max(0, viewport.rows - OTHER_LINES - tallies.length))
  return [
    title(overview, { registryUrl, rates, columns: viewport.columns }),
    '',
    ...tallies,
    '',
    `${paint('bold', 'per second')}  ${truncate(rateText(rates), viewport.columns - 'per second  '.length)}`,
    '',
    paint('bold', events.length > 0 ? 'latest' : 'latest: no changes yet'),
    // Truncated before styling: escape sequences would count towards the width.
    ...events.map((event) => eventLine(fitToWidth(event, viewport.columns))),
  ]
}

/** Formats the overview for output without a terminal. */
export function overviewSnapshot(overview: FleetOverview, registryUrl: string): string[] {
  const lines = (what: string, tallies: readonly Tally[]) =>
    tallies.map(({ name, count }) => `${what}\t${printable(name)}\t${count}`)
  return [
    `registry\t${registryUrl}`,
    `agents\t${overview.size}`,
    ...lines('status', overview.byStatus()),
    ...lines('capability', overview.byCapability()),
  ]
}

/** Truncates the address if it does not fit, and adds the quit hint if there is space. */
function title(
  overview: FleetOverview,
  shown: { registryUrl: string; rates: readonly Tally[]; columns: number },
): string {
  const { registryUrl, rates, columns } = shown
  const agents = `${overview.size} ${overview.size === 1 ? 'agent' : 'agents'}`
  const perSecond = rates.reduce((sum, { count }) => sum + count, 0).toFixed(1)
  const state = overview.isLive ? `${perSecond} events/s` : 'unreachable, retrying'
  const available = columns - `${agents} at   ${state}`.length
  const address = truncate(registryUrl, Math.max(1, available))
  const end = available - address.length >= QUIT_HINT.length ? QUIT_HINT : ''
  const style = overview.isLive ? undefined : 'red'
  return `${paint('bold', agents)} at ${address}  ${paint(style, state)}${paint('dim', end)}`
}

/** Formats statuses on the left and capabilities on the right. */
function tallyLines(overview: FleetOverview, viewport: OverviewViewport): string[] {
  const half = Math.floor((viewport.columns - GAP.length) / 2)
  const capabilities = overview.byCapability()
  const most = Math.max(1, Math.min(MOST_CAPABILITIES, viewport.rows - OTHER_LINES - 6))
  const left = column(
    'status',
    overview.byStatus(),
    half,
    (name) => (STATUS_STYLES as Readonly<Record<string, Style>>)[name],
  )
  const right = column('capability', capabilities.slice(0, most), half, () => 'cyan')
  const more = capabilities.length - most
  if (more > 0) right.push({ width: 0, text: paint('dim', `… and ${more} more`) })
  return Array.from({ length: Math.max(left.length, right.length) }, (_, row) => {
    const { text = '', width = 0 } = left[row] ?? {}
    return text + ' '.repeat(half - width) + GAP + (right[row]?.text ?? '')
  })
}

function column(
  heading: string,
  tallies: readonly Tally[],
  width: number,
  styleOf: (name: string) => Style | undefined,
): { text: string; width: number }[] {
  const barWidth = Math.max(0, width - NAME_COLUMNS - COUNT_COLUMNS - 1)
  const largest = Math.max(1, ...tallies.map(({ count }) => count))
  const rows = tallies.map(({ name, count }) => {
    const shown = pad(truncate(printable(name), NAME_COLUMNS), NAME_COLUMNS)
    const number = pad(String(count), COUNT_COLUMNS, 'right')
    const bar = '█'.repeat(Math.round((count / largest) * barWidth))
    const text = `${shown}${number} ${paint(styleOf(name), bar)}`
    return { text, width: NAME_COLUMNS + COUNT_COLUMNS + 1 + bar.length }
  })
  return [{ text: paint('bold', heading), width: heading.length }, ...rows]
}

function rateText(rates: readonly Tally[]): string {
  const shown = rates.filter(({ count }) => count > 0)
  if (shown.length === 0) return '0'
  return shown.map(({ name, count }) => `${name} ${count.toFixed(1)}`).join('   ')
}

/** Truncates the id of an event to half of the remaining line, and the reason to the rest. */
function fitToWidth<E extends { agentId: string; reason: string }>(event: E, columns: number): E {
  const available = Math.max(2, columns - '00:00:00  deregistered  '.length - '  '.length)
  const agentId = truncate(event.agentId, Math.max(MIN_ID_COLUMNS, Math.floor(available / 2)))
  const left = available - Math.max(MIN_ID_COLUMNS, agentId.length)
  return { ...event, agentId, reason: truncate(printable(event.reason), Math.max(1, left)) }
}
