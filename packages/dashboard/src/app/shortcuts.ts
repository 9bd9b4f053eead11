import { useEffect } from 'react'
import { hrefOf, navigate, parseLocation, VIEWS } from './location.ts'

/** Keys that work everywhere but in a text field. */
export function useShortcuts(onHelp: () => void): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey) return
      // The browser closes dialogs itself.
      if (document.querySelector('dialog[open]')) return
      if (event.key === 'Escape') leave(event)
      else if (!isTyping(event.target) && perform(event.key, onHelp)) event.preventDefault()
    }
    document.addEventListener('keydown', onKeyDown)
    return () => document.removeEventListener('keydown', onKeyDown)
  }, [onHelp])
}

/** Returns whether the key means something. */
function perform(key: string, onHelp: () => void): boolean {
  const view = VIEWS[Number(key) - 1]
  if (view !== undefined) navigate(hrefOf(view))
  else if (key === '?') onHelp()
  else if (key === '/') document.querySelector<HTMLElement>('[data-shortcut="/"]')?.focus()
  else return false
  return true
}

/** Leaves the text field, or else closes the agent. */
function leave(event: KeyboardEvent): void {
  const focused = document.activeElement
  const list = document.querySelector<HTMLElement>('[role="grid"]')
  if (isTyping(focused)) {
    // Browsers clear a search field, which would end the search.
    event.preventDefault()
    if (focused instanceof HTMLElement) focused.blur()
    list?.focus()
    return
  }
  const { view, agentId, params } = parseLocation(window.location.hash)
  if (agentId === undefined) return
  navigate(hrefOf(view, params))
  list?.focus()
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.matches('input:not([type=checkbox]), select, textarea')
}
