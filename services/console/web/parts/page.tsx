import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'

type HeadProps = {
  title: ComponentChildren
  name: string
  text?: ComponentChildren
  children?: ComponentChildren
  isMono?: boolean
}

/** The head of a screen: its one h1, what it says at a glance, and what can be done. `name` is the title of the tab. */
export function Head({ title, name, text, children, isMono = false }: HeadProps) {
  useEffect(() => {
    document.title = `${name} · Tailrace`
  }, [name])
  return (
    <div class="head">
      <div>
        <h1 class={isMono ? 'mono clip' : 'row wrap'}>{title}</h1>
        {text && <p>{text}</p>}
      </div>
      {children && <div class="btns">{children}</div>}
    </div>
  )
}

export function Crumb({ href, parent, children }: { href: string; parent: string; children: ComponentChildren }) {
  return (
    <nav class="crumb" aria-label="Where this is">
      <a href={href}>{parent}</a>
      <span aria-hidden="true">/</span>
      <span>{children}</span>
    </nav>
  )
}

type PanelProps = { title: string; aside?: ComponentChildren; beside?: ComponentChildren; children: ComponentChildren }

/** A ruled part of a screen with its own heading. */
export function Panel({ title, aside, beside, children }: PanelProps) {
  return (
    <section class="panel" aria-label={title}>
      <header>
        <h2>{title}</h2>
        {beside}
        {aside && <span class="aside">{aside}</span>}
      </header>
      {children}
    </section>
  )
}

/** Pairs of a word and what is known under it. */
export function Facts({ facts }: { facts: readonly (readonly [string, ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <FactRow key={name} name={name} value={value} />
      ))}
    </dl>
  )
}

function FactRow({ name, value }: { name: string; value: ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  )
}
