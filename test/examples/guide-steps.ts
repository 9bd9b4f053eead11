/** One thing that a guide tells its reader to do. */
export type GuideStep =
  | { readonly kind: 'file'; readonly name: string; readonly text: string; readonly line: number }
  | CommandStep

/** Commands that are typed into a terminal, and what it prints then. */
export interface CommandStep {
  readonly kind: 'commands'
  readonly terminal: string
  /** Lines for a shell, or {@link CTRL_C}. */
  readonly text: string
  readonly printed: string
  /** Of the fence in the Markdown. */
  readonly line: number
}

/** What a terminal shows for this key; a block of commands that is only this presses it. */
export const CTRL_C = '^C'

const FENCE = /^```(?<language>\S*)(?: title="(?<title>[^"]*)")?$/

/**
 * Reads the steps of a guide from its fenced blocks:
 *
 * - `js title="agent.mjs"`: a file;
 * - `sh`: commands, in the terminal of its `title`, or in that of the commands before;
 * - `text`: all that the commands right before print; without one, they print nothing.
 *
 * @throws Error that names the line of a block that is none of these
 */
export function guideSteps(markdown: string): GuideStep[] {
  const steps: GuideStep[] = []
  let terminal = ''
  for (const { language, title, text, line } of fencedBlocks(markdown)) {
    const last = steps.at(-1)
    if (language === 'js' && title !== undefined) {
      steps.push({ kind: 'file', name: title, text: `${text}\n`, line })
    } else if (language === 'sh') {
      terminal = title ?? terminal
      steps.push({ kind: 'commands', terminal, text, printed: '', line })
    } else if (language === 'text' && last?.kind === 'commands' && last.printed === '') {
      steps.splice(-1, 1, { ...last, printed: text })
    } else {
      throw new Error(`line ${line}: not a file, nor commands, nor what commands print`)
    }
  }
  return steps
}

interface FencedBlock {
  readonly language: string
  readonly title: string | undefined
  readonly text: string
  readonly line: number
}

function fencedBlocks(markdown: string): FencedBlock[] {
  const lines = markdown.split('\n')
  const fences = lines.flatMap((text, index) => (text.startsWith('```') ? [{ text, index }] : []))
  const blocks: FencedBlock[] = []
  for (let at = 0; at < fences.length; at += 2) {
    const [open, close] = [fences[at], fences[at + 1]]
    const { language, title } = FENCE.exec(open?.text ?? '')?.groups ?? {}
    if (!open || close?.text !== '```' || language === undefined) {
      throw new Error(
        `line ${(open?.index ?? 0) + 1}: a fence that is not understood, or not closed`,
      )
    }
    const text = lines.slice(open.index + 1, close.index).join('\n')
    blocks.push({ language, title, text, line: open.index + 1 })
  }
  return blocks
}

/**
 * What a terminal may have printed for a guide to be right: all of it, and nothing more. `…` is
 * anything, at least one character, within a line; blanks count as one, as columns move with what
 * is in them.
 */
export function printedPattern(printed: string): RegExp {
  const escaped = printed.trim().replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
  return new RegExp(`^${escaped.replaceAll(/ +/g, ' +').replaceAll('…', '.+')}$`)
}
