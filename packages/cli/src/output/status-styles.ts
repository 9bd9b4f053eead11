import type { Agent } from '@rollcall/client'
import type { Style } from './terminal.ts'

/** How each status is coloured. */
export const STATUS_STYLES: Readonly<Record<Agent['status'], Style>> = {
  ready: 'green',
  busy: 'yellow',
  draining: 'magenta',
  suspect: 'cyan',
  expired: 'red',
}
