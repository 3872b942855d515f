//! /action auf Deutsch.

use crate::wording::action::{ActionWords, Actions, Step};
use crate::wording::{Around, Linked, Told};

pub const ACTIONS: Actions = Actions {
    refused: Told {
        heading: "Dieser Link funktioniert nicht",
        text: "Er ist unvollständig oder zu alt, und nichts wurde getan. Öffnen Sie ihn noch einmal aus der Nachricht.",
    },
    see_account: Linked {
        before: "Oder sehen Sie in ",
        link: "Ihrem Konto",
        after: " nach, was angemeldet ist.",
    },
    end_device: ActionWords {
        open: Step {
            heading: "Dieses Gerät abmelden?",
            text: Around(
                "Dieses Gerät wurde als ",
                " angemeldet. Wenn Sie das nicht waren, melden Sie es ab: Was es besitzt, ist dann nutzlos.",
            ),
        },
        done: Step {
            heading: "Das Gerät ist abgemeldet", text: Around("Es kann als ", " nichts mehr tun.")
        },
        over: Step {
            heading: "Das Gerät ist nicht angemeldet",
            text: Around(
                "Vom Konto von ",
                " wurde es schon abgemeldet, oder seine Zeit ist um. Es gibt nichts mehr zu tun.",
            ),
        },
        button: "Dieses Gerät abmelden",
    },
    prove_email: ActionWords {
        open: Step {
            heading: "Diese Adresse übernehmen?",
            text: Around("Das Konto soll von nun an ", " als Adresse haben. Seine anderen Sitzungen enden."),
        },
        done: Step {
            heading: "Die Adresse wurde geändert",
            text: Around("Das Konto hat nun die Adresse ", "."),
        },
        over: Step {
            heading: "Nichts wurde geändert",
            text: Around(
                "Die Änderung zu ",
                " wurde schon erledigt oder ersetzt oder ist nicht mehr möglich. Stellen Sie sie auf der Seite Ihres Kontos neu.",
            ),
        },
        button: "Diese Adresse übernehmen",
    },
    undo_email: ActionWords {
        open: Step {
            heading: "Diese Änderung rückgängig machen?",
            text: Around(
                "Das Konto soll wieder ",
                " als Adresse haben. Damit es niemand sonst behält, enden alle seine Sitzungen, und seither hinzugefügte \
                 Passkeys werden entfernt. Ein Konto, das inzwischen mit dieser Adresse entstand, wird gelöscht.",
            ),
        },
        done: Step {
            heading: "Die Änderung wurde rückgängig gemacht",
            text: Around(
                "Das Konto hat wieder die Adresse ",
                " und ist überall abgemeldet. Melden Sie sich an und sehen Sie Passkeys und Verlauf durch.",
            ),
        },
        over: Step {
            heading: "Es gibt nichts rückgängig zu machen",
            text: Around(
                "Die Änderung weg von ",
                " wurde schon rückgängig gemacht, oder sie kann es nicht mehr werden.",
            ),
        },
        button: "Änderung rückgängig machen",
    },
    old: "Alte Adresse",
    new: "Neue Adresse",
};
