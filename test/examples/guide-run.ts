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

/** CI has run this before any test; a link to its `node_modules` replaces it. */
const SETUP_COMMAND = 'npm ci'

/** How to follow a guide. */
export interface GuideOptions {
  /** The folder, relative to the repository, in which the guide puts its files. */
  readonly folder: string
  /** Environment of each terminal. */
  readonly env?: Readonly<Record<string, string>>
  /** Milliseconds allowed for a step; default 15 000. */
  readonly stepTimeoutMs?: number
}

/**
 * Follows a guide from its first block to its last, in real shells and in a temporary folder in
 * place of the repository.
 *
 * @throws Error that names the line of the first step with another result than the guide shows
 */
export async function followGuide(markdown: string, options: GuideOptions): Promise<void> {
  using repository = new TemporaryFolder()
  symlinkSync(NODE_MODULES, repository.file('node_modules'))
  using scratch = new TemporaryFolder()
  await using reader = new GuideRunner(repository.path, scratch.path, options)
  const steps = guideSteps(markdown)
  for (const [index, step] of steps.entries()) await reader.run(step, steps.slice(index + 1))
  await reader.leave()
}

interface OpenTerminal {
  readonly terminal: GuideTerminal
  /** Length of the output that belongs to the steps so far. */
  seen: number
}

/** Follows a guide: writes its files, and keeps its terminals open. */
class GuideRunner implements AsyncDisposable {
  readonly #repository: string
  readonly #scratch: string
  readonly #options: GuideOptions
  readonly #terminals = new Map<string, OpenTerminal>()

  constructor(repository: string, scratch: string, options: GuideOptions) {
    this.#repository = repository
    this.#scratch = scratch
    this.#options = options
  }

  async run(step: GuideStep, next: readonly GuideStep[]): Promise<void> {
    if (step.kind === 'file') {
      const folder = join(this.#repository, this.#options.folder)
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, step.name), step.text)
    } else if (step.text !== SETUP_COMMAND) {
      await this.#type(step, next)
    }
  }

  /** Closes the terminals; expects no processes left running, and no further output. */
  async leave(): Promise<void> {
    for (const [name, { terminal, seen }] of this.#terminals) {
      if (await terminal.leave())
        throw new Error(`at the end, something is still running in ${name}`)
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

    const keepsRunning = step.text !== CTRL_C && nextIn(step.terminal, next) === CTRL_C
    const pattern = printedPattern(step.printed)
    const mismatch = (): string | undefined => {
      const printed = terminal.printed.slice(place.seen).trim()
      if (!pattern.test(printed)) return `it printed:\n${printed}`
      if (terminal.isBusy !== keepsRunning) return keepsRunning ? 'it ended' : 'it did not end'
      if (keepsRunning || terminal.exitCode === 0) return undefined
      const { exitCode } = terminal
      return exitCode === undefined ? 'its shell exited' : `it exited with ${exitCode}`
    }
    const deadline = performance.now() + (this.#options.stepTimeoutMs ?? 15_000)
    // Background jobs print at any time: a mismatch now may be a match in a moment.
    for (let found = mismatch(); found !== undefined; found = mismatch()) {
      if (performance.now() > deadline) throw failure(step, found)
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

/** Returns the next step in a terminal: commands run until Ctrl-C if that comes next. */
function nextIn(terminal: string, steps: readonly GuideStep[]): string | undefined {
  return steps.find((it) => it.kind === 'commands' && it.terminal === terminal)?.text
}

function failure({ line, text, printed }: CommandStep, found: string): Error {
  return new Error(`line ${line} of the guide:\n${text}\nshould print:\n${printed}\n${found}`)
}
