//! The pages as a browser sees them.

#[cfg(test)]
mod device_authorization;
#[cfg(test)]
mod email_change;
#[cfg(test)]
mod magic_link;
#[cfg(test)]
mod mail;
#[cfg(test)]
mod passkey;
#[cfg(test)]
mod site;
#[cfg(test)]
mod size;
#[cfg(test)]
mod user;
#[cfg(test)]
mod wording;
