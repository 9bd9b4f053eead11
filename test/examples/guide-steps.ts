/** One step of a guide. */
export type GuideStep =
  | { readonly kind: 'file'; readonly name: string; readonly text: string; readonly line: number }
  | CommandStep

/** Commands typed into a terminal, and their output. */
export interface CommandStep {
  readonly kind: 'commands'
  readonly terminal: string
  /** Lines for a shell, or {@link CTRL_C}. */
  readonly text: string
  readonly printed: string
  /** Line of the fence in the Markdown. */
  readonly line: number
}

/** How a terminal shows this key; a block of commands with only this presses it. */
export const CTRL_C = '^C'

const FENCE = /^```(?<language>\S*)(?: title="(?<title>[^"]*)")?$/

/**
 * Parses the steps of a guide from its fenced blocks:
 *
 * - `js title="agent.mjs"`: a file;
 * - `sh`: commands, in the terminal of its `title`, or in that of the previous commands;
 * - `text`: the entire output of the commands right before; without one, they print nothing.
 *
 * @throws Error that names the line of a block of another kind
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
      throw new Error(`line ${(open?.index ?? 0) + 1}: a fence that is malformed, or not closed`)
    }
    const text = lines.slice(open.index + 1, close.index).join('\n')
    blocks.push({ language, title, text, line: open.index + 1 })
  }
  return blocks
}

/**
 * Returns a pattern for the entire output of a step. `…` matches anything, at least one character,
 * within a line; any number of spaces matches any other, as columns depend on their content.
 */
export function printedPattern(printed: string): RegExp {
  const escaped = printed.trim().replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
  return new RegExp(`^${escaped.replaceAll(/ +/g, ' +').replaceAll('…', '.+')}$`)
}
