// Sends mixed requests to a registry from a process of its own, for a limited time, and reports what became of them.
import { setPriority } from 'node:os'
import { RequestLoad } from './request-load.ts'
import type { SenderOptions } from './sender-messages.ts'

try {
  // Unlike other attackers: without a processor, there is no overload.
  setPriority(0)
} catch {
  // Only a superuser may raise what it has inherited.
}
const options: SenderOptions = JSON.parse(process.argv[2] ?? '')
process.once('disconnect', () => process.exit())
process.send?.(await new RequestLoad(options).run())
process.disconnect?.()
