//! A poll that waits for the decision (contract §3).

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use keywright_service::Service;
use keywright_service::device_authorization::{self, Granted, PollError};
use keywright_service::waiting_room::Call;
use keywright_web::context::At;

/// How often the store is looked at again: a decision at another server calls nobody here. Also how late it is
/// noticed at most that a clock which tests move has passed the end.
const LOOK_AGAIN: Duration = Duration::from_millis(350);

/// Polls, and waits for up to `wait` while nobody has decided.
///
/// 1. The first answer is given at once unless it is `authorization_pending`.
/// 2. Without a free place it is given at once, too.
/// 3. A call has the store looked at again. Once in a while one of all who wait here looks for all, and calls them.
/// 4. Who is sent away, or has waited to the end, is told `authorization_pending`.
pub async fn poll(
    service: &Service,
    device_code: &str,
    client_id: Option<&str>,
    wait: Option<TimeDelta>,
    at: &At,
) -> Result<Granted, PollError> {
    let answer = device_authorization::poll(service, device_code, client_id, at).await;
    let (Err(PollError::AuthorizationPending), Some(wait)) = (&answer, wait) else { return answer };
    let Some(ticket) = device_authorization::wait(service, device_code) else { return answer };
    let until = at.now + wait;
    loop {
        let call = tokio::time::timeout(pause(service, until), ticket.called()).await;
        let now = service.request_context(Some(at.request_id.clone()), at.client_info.clone());
        let is_over = now.now >= until;
        match call {
            Ok(Call::SentAway) => return Err(device_authorization::give_up(service, &ticket, &now)),
            Err(_) if !is_over => {
                device_authorization::look_for_all(service, Instant::now(), LOOK_AGAIN, now.now).await;
                continue;
            }
            // Who is called, and who goes, looks once more.
            Ok(Call::Decided) | Err(_) => {}
        }
        if let Some(granted) = device_authorization::poll_again(service, &ticket, client_id, &now).await? {
            return Ok(granted);
        }
        if is_over {
            return Err(device_authorization::give_up(service, &ticket, &now));
        }
    }
}

fn pause(service: &Service, until: DateTime<Utc>) -> Duration {
    let left = (until - service.clock.now()).to_std().unwrap_or_default();
    left.clamp(Duration::from_millis(1), LOOK_AGAIN)
}
