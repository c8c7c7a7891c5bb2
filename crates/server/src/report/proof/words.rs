//! What a proof says, in the languages of accounts.

use ferrofax_template::freemarker::{Set, Settings, Value};
use jiff::Timestamp;

use crate::store::Language;

pub(super) struct Words {
    pub(super) title: &'static str,
    pub(super) delivered: &'static str,
    pub(super) not_delivered: &'static str,
    pub(super) to: &'static str,
    pub(super) dialled: &'static str,
    pub(super) remote: &'static str,
    pub(super) status: &'static str,
    pub(super) confirmed: &'static str,
    pub(super) accepted: &'static str,
    pub(super) answered: &'static str,
    pub(super) ended: &'static str,
    pub(super) duration: &'static str,
    pub(super) rate: &'static str,
    pub(super) zone: &'static str,
    pub(super) job: &'static str,
    pub(super) customer: &'static str,
    pub(super) reference: &'static str,
    pub(super) billing_code: &'static str,
    pub(super) billing_info: &'static str,
    pub(super) documents: &'static str,
    pub(super) test: &'static str,
    pub(super) test_mode: &'static str,
    pub(super) first_page: &'static str,
    pub(super) first_document_page: &'static str,
    pub(super) calls: &'static str,
    pub(super) call_columns: [&'static str; 6],
    pub(super) no_call: &'static str,
    pub(super) pages: &'static str,
    pub(super) page_columns: [&'static str; 4],
    pub(super) yes: &'static str,
    pub(super) no: &'static str,
    pub(super) of: &'static str,
    pub(super) sheet: &'static str,
    pub(super) verify: &'static [&'static str],
    date: &'static str,
}

pub(super) fn of(language: Language) -> Words {
    match language {
        Language::En => Words {
            title: "Proof of transmission",
            delivered: "Delivered: the other end confirmed every page",
            not_delivered: "Not delivered",
            to: "Fax to",
            dialled: "Number dialled",
            remote: "Remote id",
            status: "Status",
            confirmed: "Pages confirmed",
            accepted: "Job accepted",
            answered: "Call answered",
            ended: "Call ended",
            duration: "Duration",
            rate: "Speed",
            zone: "Times by the clock of",
            job: "Job",
            customer: "Customer",
            reference: "Reference",
            billing_code: "Billing code",
            billing_info: "Billing info",
            documents: "Documents",
            test: "Test mode",
            test_mode: "The fax never left the house",
            first_page: "First page as sent",
            first_document_page: "First page of the documents",
            calls: "Calls",
            call_columns: ["#", "Began", "Number", "bit/s", "Pages", "Outcome"],
            no_call: "No call was made.",
            pages: "Pages of the fax",
            page_columns: ["Page", "Confirmed", "Pels × rows", "SHA-256"],
            yes: "yes",
            no: "no",
            of: "of",
            sheet: "Sheet",
            verify: &[
                "SHA-256 is over the page's pels: its rows from the top, one bit a pel, the left one in the highest bit, black as 1.",
                "That is the body of a raw PBM file, which common programs make of a fax's TIFF or PDF.",
            ],
            date: "d MMM yyyy, HH:mm:ss z",
        },
        Language::De => Words {
            title: "Sendenachweis",
            delivered: "Zugestellt: die Gegenstelle hat jede Seite bestätigt",
            not_delivered: "Nicht zugestellt",
            to: "Fax an",
            dialled: "Gewählte Nummer",
            remote: "Gegenstelle",
            status: "Ergebnis",
            confirmed: "Seiten bestätigt",
            accepted: "Auftrag angenommen",
            answered: "Anruf angenommen",
            ended: "Anruf beendet",
            duration: "Dauer",
            rate: "Geschwindigkeit",
            zone: "Zeiten nach der Uhr von",
            job: "Auftrag",
            customer: "Kunde",
            reference: "Zeichen",
            billing_code: "Kostenstelle",
            billing_info: "Abrechnung",
            documents: "Dokumente",
            test: "Testbetrieb",
            test_mode: "Das Fax hat das Haus nicht verlassen",
            first_page: "Erste Seite, wie gesendet",
            first_document_page: "Erste Seite der Dokumente",
            calls: "Anrufe",
            call_columns: ["#", "Beginn", "Nummer", "bit/s", "Seiten", "Ausgang"],
            no_call: "Es wurde nicht angerufen.",
            pages: "Seiten des Faxes",
            page_columns: ["Seite", "Bestätigt", "Punkte × Zeilen", "SHA-256"],
            yes: "ja",
            no: "nein",
            of: "von",
            sheet: "Blatt",
            verify: &[
                "SHA-256 über die Bildpunkte der Seite: ihre Zeilen von oben, ein Bit je Punkt, der linke im höchsten Bit, Schwarz als 1.",
                "Das ist der Inhalt einer rohen PBM-Datei, wie sie übliche Programme aus TIFF oder PDF des Faxes machen.",
            ],
            date: "dd.MM.yyyy, HH:mm:ss z",
        },
    }
}

impl Words {
    /// A moment as mails have it.
    pub(super) fn moment(&self, at: Timestamp, settings: &Settings) -> String {
        let source = format!("${{at?string(\"{}\")}}", self.date);
        let sources = [("moment.ftl".to_owned(), source)].into();
        let data = Value::map([("at", Value::from(at))]);
        let filled = Set::parse(&sources).and_then(|set| set.fill("moment.ftl", &data, settings));
        filled.map(|filled| filled.text).unwrap_or_else(|_| at.to_string())
    }
}
