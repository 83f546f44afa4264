import type { ExportedFile } from "@hercules/client";
import { useHercules } from "@hercules/client/react";
import { useEffect, useState } from "react";

import { Button } from "../../design/Button";
import { Card } from "../../design/Card";
import { Icon } from "../../design/Icon";
import { useDoing } from "../../design/useDoing";
import { useFormat } from "../../i18n/format";
import { useText } from "../../i18n/language";
import { de } from "./de";
import { DeleteAccount } from "./DeleteAccount";
import { en } from "./en";

/** All that is stored of the user: to be taken along, and to be deleted. */
export function YourData() {
  const t = useText({ en, de });
  const [isLeaving, setIsLeaving] = useState(false);
  return (
    <Card title={t.data.title}>
      <Export />
      <h4 className="profile-end">{t.data.end}</h4>
      <p className="small">{t.data.endLead}</p>
      <div>
        <Button tone="danger" icon="trash" onClick={() => setIsLeaving(true)}>
          {t.data.delete}
        </Button>
      </div>
      {isLeaving && <DeleteAccount onClose={() => setIsLeaving(false)} />}
    </Card>
  );
}

function Export() {
  const t = useText({ en, de });
  const format = useFormat();
  const { account } = useHercules();
  const [doing, start] = useDoing<"export">();
  const [file, setFile] = useState<ExportedFile>();
  useUntil(file?.expires_at, () => setFile(undefined));
  return (
    <>
      <p className="small">{t.data.lead}</p>
      <div role="status" className="stack">
        {doing && <p className="small faint">{t.data.writing}</p>}
        {file && (
          <p>
            <a href={file.url} download>
              <Icon name="download" /> {t.data.download(format.bytes(file.bytes))}
            </a>
            <br />
            <span className="small faint">{t.data.until(format.clock(file.expires_at))}</span>
          </p>
        )}
      </div>
      {!file && (
        <div>
          <Button
            icon="file"
            isBusy={doing !== undefined}
            onClick={() => void start("export", async () => setFile(await account.export()))}
          >
            {t.data.export}
          </Button>
        </div>
      )}
    </>
  );
}

/** Does something when a time has come. */
function useUntil(time: string | undefined, over: () => void): void {
  useEffect(() => {
    if (time === undefined) {
      return;
    }
    const timer = setTimeout(over, new Date(time).getTime() - Date.now());
    return () => clearTimeout(timer);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- what is done stays the same
  }, [time]);
}
