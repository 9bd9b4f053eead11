import { rmSync, truncateSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Attack } from '../attack.ts'
import { statusOf } from '../http-status.ts'
import { OutageWatch } from '../outage-watch.ts'

const READY_WITHIN_MS = 20_000

let watch: OutageWatch | undefined

/** The file is deleted under the process, which kept acknowledging changes that were lost. */
export const deletedFile: Attack = damaged('deleted-file', {
  title: 'the file is deleted under the process',
  damage: (file) => rmSync(file),
})

/** The write-ahead log is truncated under the process. */
export const emptiedLog: Attack = damaged('emptied-wal', {
  title: 'the write-ahead log is truncated under the process',
  damage: (file) => truncateSync(`${file}-wal`, 0),
})

function damaged(
  name: string,
  { title, damage }: { title: string; damage: (file: string) => void },
): Attack {
  return {
    name,
    title,
    stores: ['sqlite'],
    isForGood: true,
    async attack({ url, file = '' }, signal) {
      damage(file)
      watch = new OutageWatch(url)
      await watch.watch(signal)
      return [watch.readiness()]
    },
    // Acknowledged changes have to be visible to the next process.
    async inspect({ url, stop, start }) {
      await stop('SIGKILL')
      await start()
      const limit = performance.now() + READY_WITHIN_MS
      while ((await statusOf(`${url}/health/ready`)).status !== 200) {
        if (performance.now() > limit) {
          return [{ what: 'restarted', value: 'no', isGood: false }]
        }
        await sleep(100)
      }
      return watch ? [await watch.lost()] : []
    },
  }
}
