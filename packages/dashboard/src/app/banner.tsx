import { useNow } from '../components/clock.ts'
import { useHealth } from '../registry/queries.ts'
import { useRegistry } from '../registry/registry-context.tsx'
import { useValue } from '../registry/value-store.ts'
import { alertsOf } from './alerts.ts'

/** What is wrong, on every page. */
export function Banner() {
  const contact = useValue(useRegistry().session.contact)
  const { data: health } = useHealth()
  const nowMs = useNow()
  return (
    <div className="banners" role="status" aria-live="polite">
      {alertsOf(health, contact, nowMs).map(({ level, title, text }) => (
        <p key={title} className={`banner ${level}`}>
          <strong>{title}.</strong> {text}
        </p>
      ))}
    </div>
  )
}
