import { useId } from 'preact/hooks'
import { faultAt, type Refused } from '../api/problem.ts'
import { Icon } from './icon.tsx'

type Props = {
  label: string
  value: string
  onChange(value: string): void
  problem?: Refused | undefined
  /** JSON pointer of the member; faults below it are shown here, too. */
  pointer: string
  hint?: string
  choices?: readonly string[]
  rows?: number
  isMono?: boolean
  isFixed?: boolean
  isRequired?: boolean
}

/** A field with its hint below, and its fault in the hint's place. */
export function Field({
  label,
  value,
  onChange,
  problem,
  pointer,
  hint,
  choices,
  rows,
  isMono = false,
  isFixed = false,
  isRequired = false,
}: Props) {
  const id = useId()
  const fault = faultAt(problem, pointer) ?? problem?.body.errors?.find((one) => one.pointer?.startsWith(`${pointer}/`))
  const common = {
    class: `in${isMono ? ' mono' : ''}${fault ? ' bad' : ''}`,
    value,
    disabled: isFixed,
    required: isRequired,
    'aria-invalid': fault !== undefined,
    'aria-describedby': `${id}-hint`,
  }
  return (
    <div>
      <label class="field">
        <span>{label}</span>
        {rows === undefined ? (
          <input
            {...common}
            list={choices && `${id}-choices`}
            autocomplete="off"
            onInput={(event) => onChange(event.currentTarget.value)}
          />
        ) : (
          <textarea {...common} rows={rows} onInput={(event) => onChange(event.currentTarget.value)} />
        )}
      </label>
      {choices && (
        <datalist id={`${id}-choices`}>
          {choices.map((choice) => (
            <option key={choice} value={choice} />
          ))}
        </datalist>
      )}
      <p class={fault ? 'hint bad row' : 'hint'} id={`${id}-hint`}>
        {fault ? (
          <>
            <Icon name="failed" small />
            {fault.detail} {fault.fix}
          </>
        ) : (
          hint
        )}
      </p>
    </div>
  )
}
