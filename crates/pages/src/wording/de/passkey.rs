//! Passkeys in German.

use crate::wording::Around;
use crate::wording::account::Field;
use crate::wording::passkey::{Add, Held, One, Passkeys, SignIn, Troubles};

pub const PASSKEYS: Passkeys = Passkeys {
    sign_in: SignIn {
        button: "Mit einem Passkey anmelden",
        cancelled: "Es wurde kein Passkey benutzt: Es wurde abgebrochen, oder dieses Gerät hat keinen für diesen \
                    Dienst. Drücken Sie den Knopf noch einmal, oder lassen Sie sich eine Nachricht senden.",
        unknown: "Dieser Passkey ist hier nicht mehr bekannt. Nehmen Sie einen anderen, oder lassen Sie sich eine \
                  Nachricht senden.",
        refused: "Der Passkey wurde nicht angenommen. Drücken Sie den Knopf noch einmal, oder lassen Sie sich eine \
                  Nachricht senden.",
    },
    held: Held {
        heading: "Passkeys",
        about: "Ein Passkey meldet Sie mit Ihrem Fingerabdruck, Ihrem Gesicht oder der PIN Ihres Geräts an: Es gibt \
                nichts einzutippen und nichts, was eine falsche Seite stehlen könnte.",
        none: "Sie haben noch keinen.",
        added: Around("Hinzugefügt ", ""),
        used: Around("zuletzt benutzt ", ""),
        never_used: "nie benutzt",
        change: "Umbenennen oder entfernen",
        was_added: "Der Passkey ist hinzugefügt. Von jetzt an können Sie sich damit anmelden.",
        was_renamed: "Der Passkey ist umbenannt.",
        was_removed: "Der Passkey ist entfernt.",
    },
    add: Add {
        name: Field {
            label: "Name des neuen Passkeys",
            hint: "Damit Sie ihn wiedererkennen, zum Beispiel: mein Laptop. Das Feld darf leer bleiben.",
            wrong: "",
        },
        button: "Einen Passkey hinzufügen",
        go_on: "Sie haben sich noch einmal angemeldet. Drücken Sie den Knopf, um den Passkey hinzuzufügen.",
        no_script: "Um einen Passkey hinzuzufügen, braucht diese Seite JavaScript, und das ist ausgeschaltet. Schalten \
                    Sie es ein und laden Sie die Seite noch einmal.",
        unsupported: "Dieser Browser kennt keine Passkeys. Öffnen Sie diese Seite in einem, der sie kennt, um einen \
                      hinzuzufügen.",
        cancelled: "Es wurde kein Passkey hinzugefügt: Es wurde abgebrochen, hat zu lange gedauert, oder dieses Gerät \
                    kann keinen aufbewahren. Drücken Sie den Knopf noch einmal, vielleicht mit einem anderen Gerät.",
        conflict: "Dieses Gerät hat schon einen Passkey für Ihr Konto. Nehmen Sie diesen, oder fügen Sie auf einem \
                   anderen Gerät einen hinzu.",
        full: "Sie haben so viele Passkeys, wie ein Konto haben kann. Entfernen Sie zuerst einen.",
        refused: "Der Passkey wurde nicht angenommen, und es ist keiner hinzugekommen. Drücken Sie den Knopf noch \
                  einmal.",
    },
    one: One {
        heading: "Einer Ihrer Passkeys",
        name: Field {
            label: "Name",
            hint: "Höchstens 128 Zeichen.",
            wrong: "Ein Name hat 1 bis 128 Zeichen. Noch ist nichts geändert: Berichtigen Sie ihn und speichern Sie \
                    noch einmal.",
        },
        rename: "Namen speichern",
        remove_heading: "Entfernen",
        remove_about: "Danach kann sich niemand mehr damit anmelden. Was er angemeldet hat, bleibt angemeldet.",
        confirm: "Ich brauche diesen Passkey nicht mehr.",
        remove: "Diesen Passkey entfernen",
        last: "Dieser Passkey ist der einzige Weg in Ihr Konto, deshalb wurde er nicht entfernt. Fügen Sie einen \
               anderen hinzu oder bestätigen Sie Ihre E-Mail-Adresse, und entfernen Sie dann diesen.",
        unconfirmed: "Es wurde nichts entfernt. Setzen Sie zuerst das Häkchen, und drücken Sie dann den Knopf.",
        back: "Zurück zu Ihrem Konto",
    },
    troubles: Troubles {
        limited: "Aus Ihrem Netz kam in kurzer Zeit zu viel. Warten Sie eine Minute und drücken Sie den Knopf noch \
                  einmal.",
        busy: "Der Dienst ist gerade überlastet. Warten Sie einige Sekunden und drücken Sie den Knopf noch einmal.",
        offline: "Der Dienst ist nicht zu erreichen. Prüfen Sie Ihre Verbindung und drücken Sie den Knopf noch \
                  einmal.",
        foreign: "Dieser Browser hat nicht gesagt, dass die Anfrage von dieser Seite kommt, deshalb wurde sie \
                  abgelehnt. Laden Sie die Seite noch einmal, oder nehmen Sie einen anderen Browser.",
    },
    working: "Ihr Browser fragt nach Ihrem Passkey …",
};
