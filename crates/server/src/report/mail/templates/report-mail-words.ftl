<#-- The words of report mails, for the templates that say them: <#import "report-mail-words.ftl" as w>, then ${w.t.job}. -->
<#assign german = (language == "de")>
<#assign when = german?then("dd.MM.yyyy, HH:mm:ss z", "d MMM yyyy, HH:mm:ss z")>
<#if german>
<#assign t = {
  "delivered": "Fax zugestellt",
  "notDelivered": "Fax nicht zugestellt",
  "partly": "Fax nur teilweise zugestellt",
  "to": "an",
  "recipientsWord": "Empfängern",
  "allDelivered": "Ihr Fax ist vollständig angekommen. Das Gerät der Gegenseite hat jede Seite bestätigt.",
  "allDeliveredMany": "Ihr Fax ist bei allen Empfängern vollständig angekommen. Die Gegenstellen haben jede Seite bestätigt.",
  "noneDelivered": "Ihr Fax konnte nicht zugestellt werden. Es wird nicht weiter versucht.",
  "someDelivered": "Ihr Fax ist nicht bei allen Empfängern angekommen. Es wird nicht weiter versucht.",
  "number": "Nummer", "status": "Ergebnis", "reason": "Grund", "pages": "Seiten", "of": "von", "confirmed": "bestätigt",
  "sent": "Gesendet", "duration": "Dauer", "remote": "Gegenstelle", "attempts": "Anrufe", "dialled": "Gewählt", "rate": "Geschwindigkeit",
  "job": "Auftrag", "reference": "Ihr Zeichen", "customerReference": "Weiteres Zeichen", "billingCode": "Kostenstelle", "billingInfo": "Abrechnung",
  "documents": "Dokumente", "accepted": "Angenommen", "finished": "Abgeschlossen",
  "attached": "Angehängt",
  "test": "Dieses Kundenkonto ist im Testbetrieb: das Fax ging an eingebaute Faxgeräte und hat das Haus nicht verlassen.",
  "footer": "Diese Nachricht wurde automatisch erzeugt. Alle Zeiten nach der Uhr von"
}>
<#assign outcomes = {
  "OK": "zugestellt",
  "BUSY": "besetzt",
  "NOFAX": "kein Faxgerät",
  "NOFAX_DIS": "kein Faxgerät gehört, Verbindung getrennt",
  "NOFAX_TO": "kein Faxgerät gehört",
  "RING_TO": "niemand hat abgenommen",
  "REM_DIS": "die Gegenstelle hat aufgelegt",
  "NO_REMOTEINFO": "die Gegenstelle hat sich nicht gemeldet",
  "NO_TRAIN": "keine gemeinsame Geschwindigkeit gefunden",
  "BAD_LINES": "schlechte Leitung",
  "FANS_GF": "Fehler im Faxprotokoll",
  "DIAL_GF": "der Anruf ist gescheitert",
  "PAGE_SEND_ERROR": "eine Seite konnte nicht übertragen werden",
  "EOD_FAILED": "das Ende wurde nicht bestätigt; es kann angekommen sein",
  "WRONG_NO": "die Nummer gibt es nicht",
  "DIAL_NC": "kein Weg zu dieser Nummer",
  "CHANGED_NO": "die Nummer hat sich geändert",
  "WOUT_TO": "nach dem Wählen geschah nichts",
  "BLACKLIST": "die Nummer steht auf einer Sperrliste",
  "PBLACKLIST": "die Nummer steht auf Ihrer Sperrliste",
  "MISSING_FAX_FILE": "ein Dokument fehlt",
  "UNKNOWN_FAX_FILE": "ein Dokument ist nicht lesbar",
  "TIFF_PAGE_ERR": "ein Dokument ist beschädigt",
  "RENDERING_ERROR": "aus dem Dokument wurden keine Seiten",
  "CANCELLED": "abgebrochen",
  "COMERROR": "Störung unseres Systems"
}>
<#assign remarks = {
  "too_large": "Das Fax ist nicht angehängt: es ist größer, als Anhänge sein dürfen.",
  "no_pages": "Das Fax ist nicht angehängt: es hat keine Seiten.",
  "not_made": "Das Fax ist nicht angehängt: seine Seiten konnten nicht zusammengestellt werden.",
  "documents_only": "Angehängt sind die Dokumente, ohne Deckblatt und Kopfzeile.",
  "no_ocr": "Der angehängte Text ist nicht durchsuchbar: auf diesem System ist keine Texterkennung eingerichtet.",
  "ocr_partly": "Nicht alle Seiten des Anhangs sind durchsuchbar.",
  "no_proof": "Ein Sendenachweis ist nicht angehängt: er konnte nicht erstellt werden."
}>
<#else>
<#assign t = {
  "delivered": "Fax delivered",
  "notDelivered": "Fax not delivered",
  "partly": "Fax delivered to some only",
  "to": "to",
  "recipientsWord": "recipients",
  "allDelivered": "Your fax has arrived in full. The machine at the other end confirmed every page.",
  "allDeliveredMany": "Your fax has arrived in full at every recipient. The machines at the other end confirmed every page.",
  "noneDelivered": "Your fax could not be delivered. No further calls will be made.",
  "someDelivered": "Your fax has not arrived at every recipient. No further calls will be made.",
  "number": "Number", "status": "Result", "reason": "Reason", "pages": "Pages", "of": "of", "confirmed": "confirmed",
  "sent": "Sent", "duration": "Duration", "remote": "Remote id", "attempts": "Calls", "dialled": "Dialled", "rate": "Speed",
  "job": "Job", "reference": "Your reference", "customerReference": "Further reference", "billingCode": "Billing code", "billingInfo": "Billing info",
  "documents": "Documents", "accepted": "Accepted", "finished": "Finished",
  "attached": "Attached",
  "test": "This account is in test mode: the fax went to built-in fax machines and never left the house.",
  "footer": "This message was made automatically. All times by the clock of"
}>
<#assign outcomes = {
  "OK": "delivered",
  "BUSY": "busy",
  "NOFAX": "no fax machine",
  "NOFAX_DIS": "no fax machine heard, disconnected",
  "NOFAX_TO": "no fax machine heard",
  "RING_TO": "nobody answered",
  "REM_DIS": "the other end hung up",
  "NO_REMOTEINFO": "the other end did not identify itself",
  "NO_TRAIN": "no common speed was found",
  "BAD_LINES": "bad line",
  "FANS_GF": "fault in the fax protocol",
  "DIAL_GF": "the call failed",
  "PAGE_SEND_ERROR": "a page could not be sent",
  "EOD_FAILED": "the end was not confirmed; it may have arrived",
  "WRONG_NO": "the number does not exist",
  "DIAL_NC": "no way to this number",
  "CHANGED_NO": "the number has changed",
  "WOUT_TO": "nothing happened after dialling",
  "BLACKLIST": "the number is on a do-not-fax list",
  "PBLACKLIST": "the number is on your do-not-fax list",
  "MISSING_FAX_FILE": "a document is missing",
  "UNKNOWN_FAX_FILE": "a document can't be read",
  "TIFF_PAGE_ERR": "a document is damaged",
  "RENDERING_ERROR": "no pages could be made of the document",
  "CANCELLED": "cancelled",
  "COMERROR": "a fault of our system"
}>
<#assign remarks = {
  "too_large": "The fax is not attached: it is larger than attachments may be.",
  "no_pages": "The fax is not attached: it has no pages.",
  "not_made": "The fax is not attached: its pages could not be put together.",
  "documents_only": "Attached are the documents, without cover page and header line.",
  "no_ocr": "The attached text can't be searched: this system has no text recognition.",
  "ocr_partly": "Not all pages of the attachment can be searched.",
  "no_proof": "A proof of transmission is not attached: it could not be made."
}>
</#if>
<#assign heading = job.succeeded?then(t.delivered, (okCount > 0)?then(t.partly, t.notDelivered))>
<#assign summary = job.succeeded?then((recipients?size > 1)?then(t.allDeliveredMany, t.allDelivered), (okCount > 0)?then(t.someDelivered, t.noneDelivered))>
<#function duration seconds>
  <#return (seconds / 60)?floor + ":" + (seconds % 60)?string("00")>
</#function>
<#function size bytes>
  <#return (bytes < 1000000)?then((bytes / 1000)?ceiling + " kB", (bytes / 1000000)?string("0.0") + " MB")>
</#function>
