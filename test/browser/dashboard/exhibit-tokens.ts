import { setTimeout as sleep } from 'node:timers/promises'
import type { CreatedToken, TokenRequest } from '@rollcall/protocol'
import type { RegistryProcess } from '../../e2e/support/registry-process.ts'

const DAY_SECONDS = 86_400

/** The tokens of a small company. The first one must be that of an operator. */
const TOKENS: readonly TokenRequest[] = [
  { name: 'alice', scope: 'admin', expires_in_seconds: 90 * DAY_SECONDS },
  { name: 'papers', scope: 'agent', agents: ['papers:*'], reads: ['papers:*', 'search:*'] },
  { name: 'ci', scope: 'agent', agents: ['ci:*'], expires_in_seconds: 30 * DAY_SECONDS },
  { name: 'wall-display', scope: 'read' },
  { name: 'prometheus', scope: 'read', expires_in_seconds: 365 * DAY_SECONDS },
  { name: 'intern', scope: 'read', reads: ['papers:*'], expires_in_seconds: 1 },
]

/** Creates tokens for the picture of their page, and returns that of the operator. */
export async function createExhibitedTokens({ url }: RegistryProcess): Promise<string> {
  let operator = ''
  for (const request of TOKENS) {
    const response = await fetch(`${url}/tokens`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(operator && { authorization: `Bearer ${operator}` }),
      },
      body: JSON.stringify(request),
    })
    if (!response.ok) throw new Error(await response.text())
    const { token } = (await response.json()) as CreatedToken
    operator ||= token
  }
  // The last one has expired in the picture.
  await sleep(1500)
  return operator
}
