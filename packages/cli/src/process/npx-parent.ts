/** Milliseconds between two checks of the parent. */
const LOOK_MS = 500

/**
 * Ends this process in order, as SIGTERM does, when it was started by `npx` and its parent has ended.
 * npx passes SIGTERM on to the shell that runs the command; the shell ends at once without passing it on, so
 * the command would stay behind and hold its port.
 */
export function endWithNpx(): void {
  // Only npx calls itself so. Others may well end before what they began.
  if (process.env.npm_lifecycle_event !== 'npx') return
  const parent = process.ppid
  const looking = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(looking)
    process.kill(process.pid, 'SIGTERM')
  }, LOOK_MS)
  looking.unref()
}
