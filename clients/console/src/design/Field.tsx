import { type InputHTMLAttributes, type ReactNode, type TextareaHTMLAttributes, useId } from "react";

interface Labelled {
  label: string;
  hint?: ReactNode;
  /** What is wrong with what is in it. */
  fault?: string;
}

type InputProps = Labelled & InputHTMLAttributes<HTMLInputElement>;
type AreaProps = Labelled & TextareaHTMLAttributes<HTMLTextAreaElement>;

/** An input with its label, and below it a hint and what is wrong. */
export function Field({ label, hint, fault, ...input }: InputProps) {
  return (
    <Around label={label} hint={hint} fault={fault}>
      {(names) => <input {...input} {...names} />}
    </Around>
  );
}

export function TextField({ label, hint, fault, ...area }: AreaProps) {
  return (
    <Around label={label} hint={hint} fault={fault}>
      {(names) => <textarea rows={3} {...area} {...names} />}
    </Around>
  );
}

export function SelectField(
  props: Labelled & {
    value: string;
    options: readonly [value: string, label: string][];
    onChange(value: string): void;
  },
) {
  const { label, hint, fault, value, options, onChange } = props;
  return (
    <Around label={label} hint={hint} fault={fault}>
      {(names) => (
        <select {...names} value={value} onChange={(event) => onChange(event.target.value)}>
          {options.map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      )}
    </Around>
  );
}

interface Names {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": true | undefined;
}

function Around({ label, hint, fault, children }: Labelled & { children(names: Names): ReactNode }) {
  const id = useId();
  const [hintId, faultId] = [`${id}-hint`, `${id}-fault`];
  const described = [hint && hintId, fault && faultId].filter(Boolean).join(" ") || undefined;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, "aria-describedby": described, "aria-invalid": fault ? true : undefined })}
      {hint && (
        <p id={hintId} className="field-hint">
          {hint}
        </p>
      )}
      {fault && (
        <p id={faultId} className="field-fault">
          {fault}
        </p>
      )}
    </div>
  );
}
