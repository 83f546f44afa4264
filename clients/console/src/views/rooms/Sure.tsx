import { Button } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { useText } from "../../i18n/language";
import { text } from "./text";

/** Asks again before something ends for good. */
export function Sure(props: { title: string; words: string; isBusy: boolean; onClose(): void; onYes(): void }) {
  const t = useText(text);
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <p>{props.words}</p>
      <div className="row">
        <Button tone="danger" isBusy={props.isBusy} onClick={props.onYes}>
          {props.title}
        </Button>
        <Button onClick={props.onClose}>{t.actions.keep}</Button>
      </div>
    </Dialog>
  );
}
