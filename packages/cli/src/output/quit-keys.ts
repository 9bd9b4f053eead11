import { readFileSync } from 'node:fs'

const CTRL_C = '\x03'
const CTRL_Z = '\x1a'

/**
 * Listens for `q` at a terminal, without Enter, until it is disposed. The terminal then sends keys and
 * no signals, so Ctrl-C and Ctrl-Z are looked after here as well. A process in the background leaves
 * the terminal alone: the system stops those that touch it.
 *
 * @param quit called for `q` and for Ctrl-C
 */
export function listenForQuit(quit: () => void): Disposable {
  const { stdin } = process
  if (!stdin.isTTY || !isInForeground()) return { [Symbol.dispose]: () => undefined }
  const hear = (keys: string): void => {
    if (/[qQ]/.test(keys) || keys.includes(CTRL_C)) quit()
    else if (keys.includes(CTRL_Z)) sleep()
  }
  const sleep = (): void => {
    stdin.setRawMode(false)
    process.once('SIGCONT', () => stdin.setRawMode(true))
    process.kill(process.pid, 'SIGTSTP')
  }
  const stop = (): void => {
    stdin.off('data', hear).pause()
    stdin.setRawMode(false)
    process.off('exit', stop)
  }
  stdin.setRawMode(true)
  stdin.setEncoding('utf8').on('data', hear)
  // Whatever ends the process, the shell after it wants to see what is typed.
  process.once('exit', stop)
  return { [Symbol.dispose]: stop }
}

/** Whether what is typed goes to this process: `timeout` and `&` begin a group that gets nothing. */
function isInForeground(): boolean {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8')
    const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return group === foreground
  } catch {
    // Only Linux says so.
    return true
  }
}
