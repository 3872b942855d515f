//! The e-mail address in German.

use crate::wording::Around;
use crate::wording::account::Field;
use crate::wording::email_change::EmailChange;

pub const EMAIL_CHANGE: EmailChange = EmailChange {
    heading: "E-Mail-Adresse",
    now: Around("Ihr Konto hat die Adresse ", "."),
    pending: Around(
        "Es soll diese bekommen: ",
        ". Dorthin ist eine Nachricht mit einem Link gesandt. Die Adresse wechselt, wenn der Link bestätigt wird; alle \
         anderen Sitzungen enden dann. Um es aufzuhalten, geben Sie die Adresse ein, die Sie jetzt haben.",
    ),
    new: Field {
        label: "Neue Adresse",
        hint: "Sie bekommt eine Nachricht mit einem Link. Vorher ändert sich nichts.",
        wrong: "Das ist keine E-Mail-Adresse, deshalb wurde nichts gesandt. Prüfen Sie sie und versuchen Sie es noch \
                einmal.",
    },
    button: "Adresse ändern",
    go_on: "Sie haben sich noch einmal angemeldet. Drücken Sie den Knopf, um die Adresse zu ändern.",
    too_many: "Es wurden zu viele Änderungen verlangt, deshalb wurde nichts gesandt. Warten Sie eine Stunde und \
               versuchen Sie es noch einmal.",
};
