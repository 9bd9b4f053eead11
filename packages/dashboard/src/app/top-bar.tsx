import { useNow } from '../components/clock.ts'
import { formatTime } from '../components/durations.ts'
import { useHealth, useWhoami } from '../registry/queries.ts'
import { useRegistry } from '../registry/registry-context.tsx'
import { useValue } from '../registry/value-store.ts'
import { hrefOf, VIEW_NAMES, type View } from './location.ts'
import logo from './logo.svg'
import { useOfferedViews } from './offered-views.ts'
import { setTheme, THEMES, theme } from './theme.ts'
import { ThemeIcon } from './theme-icon.tsx'

/** Where the user is, and whether what is shown is current. */
export function TopBar({ view, onHelp }: { view: View; onHelp: () => void }) {
  const views = useOfferedViews()
  return (
    <header className="top-bar">
      <a className="brand" href={hrefOf('fleet')}>
        <img src={logo} alt="" width="26" height="26" />
        Rollcall
      </a>
      <nav aria-label="Pages">
        {views.map((name) => (
          <a key={name} href={hrefOf(name)} {...(name === view && { 'aria-current': 'page' })}>
            {VIEW_NAMES[name]}
          </a>
        ))}
      </nav>
      <div className="top-bar-end">
        <User />
        <LiveMark />
        <ThemeButton />
        <button type="button" className="button small" onClick={onHelp} aria-label="Help">
          ?
        </button>
      </div>
    </header>
  )
}

function LiveMark() {
  const { isLost, lastMs } = useValue(useRegistry().session.contact)
  const nowMs = useNow()
  return (
    <span className={`live ${isLost ? 'lost' : 'on'}`}>
      <span className="live-dot" aria-hidden="true" />
      {isLost ? `as of ${formatTime(new Date(lastMs), nowMs)}` : 'live'}
    </span>
  )
}

/** Who the user is, if the registry distinguishes callers. */
function User() {
  const { session } = useRegistry()
  const whoami = useWhoami()
  const { data: health } = useHealth()
  if (whoami === undefined) return null
  if (whoami.kind === 'anonymous') {
    // Without access control, a token would change nothing.
    return health?.access !== 'controlled' ? null : (
      <button type="button" className="button small" onClick={() => session.access.set('offered')}>
        Use a token
      </button>
    )
  }
  return (
    <span className="user">
      <span className="user-name">
        {whoami.name} <span className="muted">{whoami.scope}</span>
      </span>
      <button type="button" className="button small" onClick={() => session.signOut()}>
        Forget token
      </button>
    </span>
  )
}

function ThemeButton() {
  const current = useValue(theme)
  const next = THEMES[(THEMES.indexOf(current) + 1) % THEMES.length] ?? 'auto'
  return (
    <button
      type="button"
      className="button small"
      onClick={() => setTheme(next)}
      aria-label={`Colours: ${current}. Change to ${next}`}
      title={`Colours: ${current}`}
    >
      <ThemeIcon theme={current} />
    </button>
  )
}
