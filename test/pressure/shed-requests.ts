import type { AttackContext, Finding } from './attack.ts'

const SHED = /^rollcall_requests_shed_total\{class="(\w+)"\} (\d+)$/gm

/** Returns how many requests each node has refused because of an overload, by class. */
export async function shedRequests({ urls }: AttackContext): Promise<Finding[]> {
  const totals = new Map<string, number>()
  for (const url of urls) {
    const text = await (await fetch(`${url}/metrics`)).text()
    for (const [, name = '', count] of text.matchAll(SHED)) {
      totals.set(name, (totals.get(name) ?? 0) + Number(count))
    }
  }
  return [...totals].map(([name, value]) => ({ what: `refused, of class ${name}`, value }))
}
