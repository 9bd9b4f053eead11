import { useState } from 'react'
import { useRegistry } from '../registry/registry-context.tsx'
import type { Webhook } from '../registry/webhook-calls.ts'

interface Outcome {
  readonly isAccepted: boolean
  readonly text: string
}

/** Sends an event to try a webhook, and says what the receiver has made of it. */
export function TestWebhook({ webhook: { id, url } }: { webhook: Webhook }) {
  const { webhooks } = useRegistry().session
  const [isRunning, setIsRunning] = useState(false)
  const [outcome, setOutcome] = useState<Outcome>()
  const test = async (): Promise<void> => {
    setIsRunning(true)
    setOutcome(undefined)
    try {
      const { accepted, status, error } = await webhooks.test(id)
      const text = accepted ? `accepted with status ${status}` : `not accepted: ${error}`
      setOutcome({ isAccepted: accepted, text })
    } catch (error) {
      setOutcome({
        isAccepted: false,
        text: `not tried: ${error instanceof Error ? error.message : error}`,
      })
    }
    setIsRunning(false)
  }
  return (
    <>
      <button
        type="button"
        className="button small"
        aria-label={`Test the webhook ${id} to ${url}`}
        disabled={isRunning}
        onClick={test}
      >
        {isRunning ? 'Testing …' : 'Test'}
      </button>
      {/* Always there, so that screen readers announce what comes into it. */}
      <p
        className={`test-outcome ${outcome?.isAccepted === false ? 'field-error' : ''}`}
        role="status"
      >
        {outcome?.text}
      </p>
    </>
  )
}
