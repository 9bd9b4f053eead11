import { eventLine } from '../output/event-line.ts'
import { type Look, paint } from '../output/terminal.ts'
import { cut, pad, printable } from '../output/text-width.ts'
import type { FleetOverview, Tally } from './fleet-overview.ts'

/** How much room there is, and what time it is. */
export interface OverviewRoom {
  readonly columns: number
  readonly rows: number
  readonly nowMs: number
}

const STATUS_LOOKS: Readonly<Record<string, Look>> = {
  ready: 'green',
  busy: 'yellow',
  draining: 'magenta',
}
const NAME_COLUMNS = 14
/** As `eventLine` pads ids. */
const MIN_ID_COLUMNS = 16
const COUNT_COLUMNS = 7
const GAP = '   '
const LEAVE = '  q ends'
const MOST_CAPABILITIES = 8
/** Lines besides the tallies and the events: title, blanks, headings. */
const OTHER_LINES = 6

/** The overview as lines of text that fit the room. */
export function overviewLines(
  overview: FleetOverview,
  registryUrl: string,
  room: OverviewRoom,
): string[] {
  const rates = overview.rates(room.nowMs)
  const tallies = tallyLines(overview, room)
  const events = overview.latest.slice(0, Math.max(0, room.rows - OTHER_LINES - tallies.length))
  return [
    title(overview, { registryUrl, rates, columns: room.columns }),
    '',
    ...tallies,
    '',
    `${paint('bold', 'per second')}  ${cut(rateText(rates), room.columns - 'per second  '.length)}`,
    '',
    paint('bold', events.length > 0 ? 'latest' : 'latest: nothing has changed yet'),
    // Cut before it is painted: colours take no room, but they would be counted.
    ...events.map((event) => eventLine(fitting(event, room.columns))),
  ]
}

/** The overview when there is no terminal to draw on. */
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

/** The address is cut where there is no room for it, and how to leave is said where there is some. */
function title(
  overview: FleetOverview,
  shown: { registryUrl: string; rates: readonly Tally[]; columns: number },
): string {
  const { registryUrl, rates, columns } = shown
  const agents = `${overview.size} ${overview.size === 1 ? 'agent' : 'agents'}`
  const perSecond = rates.reduce((sum, { count }) => sum + count, 0).toFixed(1)
  const state = overview.isLive ? `${perSecond} events/s` : 'unreachable, trying again'
  const room = columns - `${agents} at   ${state}`.length
  const address = cut(registryUrl, Math.max(1, room))
  const end = room - address.length >= LEAVE.length ? LEAVE : ''
  const look = overview.isLive ? undefined : 'red'
  return `${paint('bold', agents)} at ${address}  ${paint(look, state)}${paint('dim', end)}`
}

/** Statuses on the left, capabilities on the right. */
function tallyLines(overview: FleetOverview, room: OverviewRoom): string[] {
  const half = Math.floor((room.columns - GAP.length) / 2)
  const capabilities = overview.byCapability()
  const most = Math.max(1, Math.min(MOST_CAPABILITIES, room.rows - OTHER_LINES - 6))
  const left = column('status', overview.byStatus(), half, (name) => STATUS_LOOKS[name])
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
  lookOf: (name: string) => Look | undefined,
): { text: string; width: number }[] {
  const barRoom = Math.max(0, width - NAME_COLUMNS - COUNT_COLUMNS - 1)
  const largest = Math.max(1, ...tallies.map(({ count }) => count))
  const rows = tallies.map(({ name, count }) => {
    const shown = pad(cut(printable(name), NAME_COLUMNS), NAME_COLUMNS)
    const number = pad(String(count), COUNT_COLUMNS, 'right')
    const bar = '█'.repeat(Math.round((count / largest) * barRoom))
    const text = `${shown}${number} ${paint(lookOf(name), bar)}`
    return { text, width: NAME_COLUMNS + COUNT_COLUMNS + 1 + bar.length }
  })
  return [{ text: paint('bold', heading), width: heading.length }, ...rows]
}

function rateText(rates: readonly Tally[]): string {
  const shown = rates.filter(({ count }) => count > 0)
  if (shown.length === 0) return '0'
  return shown.map(({ name, count }) => `${name} ${count.toFixed(1)}`).join('   ')
}

/** An event with the id cut to half of what is left of its line, and the reason to the rest. */
function fitting<E extends { agentId: string; reason: string }>(event: E, columns: number): E {
  const room = Math.max(2, columns - '00:00:00  deregistered  '.length - '  '.length)
  const agentId = cut(event.agentId, Math.max(MIN_ID_COLUMNS, Math.floor(room / 2)))
  const left = room - Math.max(MIN_ID_COLUMNS, agentId.length)
  return { ...event, agentId, reason: cut(printable(event.reason), Math.max(1, left)) }
}
