import { useEffect, useState } from 'react'

const SHOWN_MS = 1500

/** Copies a text to the clipboard, and says so. */
export function CopyButton(props: { text: string; label?: string; isLarge?: boolean }) {
  const { text, label = 'Copy', isLarge = false } = props
  const [result, setResult] = useState<string>()
  useEffect(() => {
    if (result === undefined) return
    const timer = setTimeout(() => setResult(undefined), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [result])
  const copy = async (): Promise<void> => {
    setResult((await writeClipboard(text)) ? 'Copied' : 'Select and copy it')
  }
  return (
    <button type="button" className={`button ${isLarge ? '' : 'small'}`} onClick={copy}>
      <span aria-live="polite">{result ?? label}</span>
    </button>
  )
}

/** Browsers offer the clipboard only to pages with TLS, or on this machine. */
async function writeClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}
