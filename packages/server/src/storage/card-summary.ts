import { hash } from 'node:crypto'
import { LIMITS } from '@rollcall/protocol'
import { type AgentCard, type SummarizedCard, sharingTexts } from '../domain/agent-card.ts'
import { RegistryError } from '../domain/registry-error.ts'
import { requireWellFormed } from '../domain/well-formed.ts'

/** Characters of a format. */
const FORMAT_CHARACTERS = 64
/** Characters of the words: they are in memory for each agent, and in each of its transitions. */
const WORDS_CHARACTERS = 1024

/** Checks and summarizes a card. @throws RegistryError `INVALID_REGISTRATION` */
export function summarizeCard({ text, format, words = '' }: AgentCard): SummarizedCard {
  const bytes = Buffer.byteLength(text)
  if (bytes === 0 || bytes > LIMITS.cardBytes) {
    const message = `has ${bytes} bytes; a card has 1 to ${LIMITS.cardBytes}`
    throw new RegistryError('INVALID_REGISTRATION', message, { pointer: '/card' })
  }
  requireWellFormed('/card', text)
  if (format.length > FORMAT_CHARACTERS) {
    throw new RegistryError('INVALID_REGISTRATION', 'has a format that is too long', {
      pointer: '/card',
    })
  }
  const searchable = words.slice(0, WORDS_CHARACTERS).toWellFormed()
  const digest = hash('sha256', text, 'base64url')
  return { text, summary: sharingTexts({ digest, format, words: searchable }) }
}
