import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

const CTRL_C = '\x03'
const CTRL_Z = '\x1a'

/**
 * Listens for `q` on a terminal, without Enter, until it is disposed. In this mode the terminal
 * sends keys instead of signals, so Ctrl-C and Ctrl-Z are handled here as well.
 *
 * @param quit called for `q` and for Ctrl-C
 */
export function listenForQuit(quit: () => void): Disposable {
  const { stdin } = process
  if (!stdin.isTTY || !isInForeground()) return { [Symbol.dispose]: () => undefined }
  const onInput = (keys: string): void => {
    if (/[qQ]/.test(keys) || keys.includes(CTRL_C)) quit()
    else if (keys.includes(CTRL_Z)) suspend()
  }
  const suspend = (): void => {
    stdin.setRawMode(false)
    process.once('SIGCONT', () => stdin.setRawMode(true))
    process.kill(process.pid, 'SIGTSTP')
  }
  const stop = (): void => {
    stdin.off('data', onInput).pause()
    stdin.setRawMode(false)
    process.off('exit', stop)
  }
  stdin.setRawMode(true)
  stdin.setEncoding('utf8').on('data', onInput)
  // Restore the echo for the shell however the process exits.
  process.once('exit', stop)
  return { [Symbol.dispose]: stop }
}

/**
 * Whether this process is in the foreground of its terminal. The terminal stops a background
 * process that reads from it or changes its mode, such as `rollcall top &` and `timeout 5 rollcall
 * top`.
 */
function isInForeground(): boolean {
  const [group, foreground] = processGroups()
  return group !== undefined && group === foreground
}

/** Returns the process group of this process, and the foreground group of its terminal. */
function processGroups(): readonly (string | undefined)[] {
  if (existsSync('/proc/self/stat')) {
    // After the program name: state, parent, group, session, terminal, foreground group.
    const fields = readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1)?.split(' ') ?? []
    return [fields[2], fields[5]]
  }
  const columns = ['-o', 'pgid=', '-o', 'tpgid=', '-p', String(process.pid)]
  return (spawnSync('ps', columns, { encoding: 'utf8' }).stdout ?? '').trim().split(/\s+/)
}
