import { isAgentId } from '../../lists/cursor.ts'
import { invalidArgument } from './ard-problem.ts'
import type { RankedAgent } from './ranking.ts'

/** Where a page of ranked results ended. */
export interface RankPosition {
  readonly score: number
  readonly agentId: string
}

/** Encodes where a page of ranked results ended. */
export function encodePageToken({ agent, score }: RankedAgent): string {
  return Buffer.from(JSON.stringify([score, agent.agentId])).toString('base64url')
}

/** @throws HttpProblem `INVALID_ARGUMENT` */
export function decodePageToken(token: string): RankPosition {
  try {
    const content: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'))
    if (Array.isArray(content) && content.length === 2) {
      const [score, agentId] = content
      if (Number.isInteger(score) && isAgentId(agentId)) return { score, agentId }
    }
  } catch {
    // Not one of ours.
  }
  throw invalidArgument('/pageToken', 'must be the pageToken of a response, unchanged')
}

/** Whether a result comes after a position. */
export function isAfter({ agent, score }: RankedAgent, position: RankPosition): boolean {
  return score < position.score || (score === position.score && agent.agentId > position.agentId)
}
