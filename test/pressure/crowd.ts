import type { AttackContext } from './attack.ts'
import { sendAll } from './raw-client.ts'
import { registrationBytes } from './registration-bytes.ts'

const PREFIX = 'crowd-'

/** Registers a large fleet that does not lapse and whose heartbeats are not measured. */
export async function registerCrowd(
  { url }: AttackContext,
  count: number,
  prefix = PREFIX,
): Promise<void> {
  const missing = await sendAll(url, count, (index) =>
    registrationBytes(`${prefix}${index}`, {
      agent_name: `Researcher ${index}`,
      capabilities: ['search', 'summarize'],
      metadata: { region: `eu-${index % 8}`, model: 'large' },
    }),
  )
  if (missing > 0) throw new Error(`${missing} registrations got no response`)
}
