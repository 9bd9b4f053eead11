import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { TemporaryFolder } from '../e2e/support/temporary-folder.ts'
import {
  type CommandStep,
  CTRL_C,
  type GuideStep,
  guideSteps,
  printedPattern,
} from './guide-steps.ts'
import { GuideTerminal } from './guide-terminal.ts'

const NODE_MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url))

/** What CI has done before any test; the link to its `node_modules` stands for it. */
const DONE_BEFORE = 'npm ci'

/** How a guide is followed. */
export interface GuideOptions {
  /** The folder, below that of the repository, in which the guide puts its files. */
  readonly folder: string
  /** What each terminal has in its environment. */
  readonly env?: Readonly<Record<string, string>>
  /** Milliseconds that a step may take; default 15 000. */
  readonly stepTimeoutMs?: number
}

/**
 * Does what a guide says, from its first block to its last, in real shells and in a temporary folder
 * that stands for that of the repository.
 *
 * @throws Error that names the line of the first step that does not go as the guide says
 */
export async function followGuide(markdown: string, options: GuideOptions): Promise<void> {
  using repository = new TemporaryFolder()
  symlinkSync(NODE_MODULES, repository.file('node_modules'))
  using scratch = new TemporaryFolder()
  await using reader = new GuideReader(repository.path, scratch.path, options)
  const steps = guideSteps(markdown)
  for (const [index, step] of steps.entries()) await reader.take(step, steps.slice(index + 1))
  await reader.leave()
}

interface OpenTerminal {
  readonly terminal: GuideTerminal
  /** How much of what it printed belongs to the steps so far. */
  seen: number
}

/** Whoever follows a guide: with files, and with terminals that stay open. */
class GuideReader implements AsyncDisposable {
  readonly #repository: string
  readonly #scratch: string
  readonly #options: GuideOptions
  readonly #terminals = new Map<string, OpenTerminal>()

  constructor(repository: string, scratch: string, options: GuideOptions) {
    this.#repository = repository
    this.#scratch = scratch
    this.#options = options
  }

  async take(step: GuideStep, next: readonly GuideStep[]): Promise<void> {
    if (step.kind === 'file') {
      const folder = join(this.#repository, this.#options.folder)
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, step.name), step.text)
    } else if (step.text !== DONE_BEFORE) {
      await this.#type(step, next)
    }
  }

  /** Closes the terminals; nothing that the guide started may be left, nor printed since. */
  async leave(): Promise<void> {
    for (const [name, { terminal, seen }] of this.#terminals) {
      if (await terminal.leave()) throw new Error(`at the end, something still runs in ${name}`)
      const rest = terminal.printed.slice(seen).trim()
      if (rest !== '') throw new Error(`at the end, ${name} printed:\n${rest}`)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { terminal } of this.#terminals.values()) await terminal[Symbol.asyncDispose]()
  }

  async #type(step: CommandStep, next: readonly GuideStep[]): Promise<void> {
    const place = await this.#terminal(step.terminal)
    const { terminal } = place
    if (step.text === CTRL_C) terminal.interrupt()
    else terminal.type(step.text)

    const runsOn = step.text !== CTRL_C && nextIn(step.terminal, next) === CTRL_C
    const pattern = printedPattern(step.printed)
    const complaint = (): string | undefined => {
      const printed = terminal.printed.slice(place.seen).trim()
      if (!pattern.test(printed)) return `it printed:\n${printed}`
      if (terminal.isBusy !== runsOn) return runsOn ? 'it ended' : 'it did not end'
      if (runsOn || terminal.exitCode === 0) return undefined
      return `it ended with ${terminal.exitCode ?? 'its shell'}`
    }
    const deadline = performance.now() + (this.#options.stepTimeoutMs ?? 15_000)
    // Jobs in the background print when they like: what is wrong now may be right in a moment.
    for (let wrong = complaint(); wrong !== undefined; wrong = complaint()) {
      if (performance.now() > deadline) throw failure(step, wrong)
      await pause(10)
    }
    place.seen = terminal.printed.length
  }

  async #terminal(name: string): Promise<OpenTerminal> {
    const open = this.#terminals.get(name)
    if (open) return open
    const { env = {} } = this.#options
    const where = { cwd: this.#repository, files: this.#scratch, env }
    const opened = { terminal: await GuideTerminal.open(where), seen: 0 }
    this.#terminals.set(name, opened)
    return opened
  }
}

/** What is done next in a terminal: commands that Ctrl-C ends go on until then. */
function nextIn(terminal: string, steps: readonly GuideStep[]): string | undefined {
  return steps.find((it) => it.kind === 'commands' && it.terminal === terminal)?.text
}

function failure({ line, text, printed }: CommandStep, wrong: string): Error {
  return new Error(`line ${line} of the guide:\n${text}\nshould print:\n${printed}\n${wrong}`)
}
