import { print } from '../output/terminal.ts'
import { printable } from '../output/text-width.ts'

/** What a mirror reports. */
export interface MirrorNotice {
  readonly type:
    | 'registered'
    | 'would_register'
    | 'silent'
    | 'answers'
    | 'deregistered'
    | 'skipped'
    | 'failed'
    | 'manifest'
  readonly agent_id?: string
  readonly url?: string
  readonly reason?: string
}

const WORDS: Readonly<Record<MirrorNotice['type'], string>> = {
  registered: 'registered',
  would_register: 'would register',
  silent: 'no heartbeats for',
  answers: 'heartbeats again for',
  deregistered: 'deregistered',
  skipped: 'skipped',
  failed: 'failed',
  manifest: 'manifest',
}

/** Returns a function that prints notices as lines, of text or of JSON. */
export function noticePrinter(asJson: boolean): (notice: MirrorNotice) => Promise<void> {
  return async (notice) => {
    const { type, agent_id, url, reason } = notice
    const subject = [agent_id, url].filter((each) => each !== undefined).join(' at ')
    const text = [WORDS[type], subject].filter(Boolean).join(' ')
    const line = asJson
      ? JSON.stringify(notice)
      : printable(reason === undefined ? text : `${text}: ${reason}`)
    await print(`${line}\n`)
  }
}
