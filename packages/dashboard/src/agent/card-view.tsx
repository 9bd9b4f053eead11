import { useState } from 'react'
import { CopyButton } from '../components/copy-button.tsx'
import { JsonTree } from '../components/json-tree.tsx'
import { useAgentCard } from '../registry/queries.ts'
import { parseCard, summaryOf } from './card-summary.ts'

/** The card of the agent: what it says of itself to other agents. */
export function CardView({ agentId, revision }: { agentId: string; revision: number }) {
  const { data: text } = useAgentCard(agentId, revision)
  const [isRaw, setIsRaw] = useState(false)
  if (text === undefined || text === null) return null
  const card = parseCard(text)
  return (
    <section className="card" aria-labelledby="card-title">
      <header className="section-head">
        <h3 id="card-title">Card</h3>
        <button
          type="button"
          className="button small"
          aria-pressed={isRaw}
          onClick={() => setIsRaw(!isRaw)}
        >
          Card as sent
        </button>
        <CopyButton text={text} label="Copy card" />
      </header>
      {isRaw ? (
        <pre className="raw">{text}</pre>
      ) : (
        <>
          <Summary card={card} />
          <details>
            <summary>All of it</summary>
            <JsonTree value={card} />
          </details>
        </>
      )}
    </section>
  )
}

function Summary({ card }: { card: unknown }) {
  const summary = summaryOf(card)
  if (summary === undefined) return null
  const { name, description, version, provider, skills } = summary
  const about = [version && `version ${version}`, provider && `by ${provider}`].filter(Boolean)
  return (
    <>
      <p>
        <strong>{name}</strong> <span className="muted">{about.join(', ')}</span>
      </p>
      {description && <p className="description">{description}</p>}
      <ul className="skills">
        {skills.map((skill, index) => (
          // Names of skills may repeat, and their order is that of the card.
          <li key={index}>
            <strong>{skill.name}</strong>
            {skill.description !== '' && <p>{skill.description}</p>}
            {skill.tags.length > 0 && <p className="muted">{skill.tags.join(', ')}</p>}
          </li>
        ))}
      </ul>
    </>
  )
}
