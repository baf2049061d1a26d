//! The reckoning: every delivery that was accepted is looked up, as the one who asked for it would.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use hyper::Method;
use hyper::body::Bytes;
use indicatif::ProgressBar;
use serde::Deserialize;
use skyhaul_actors::ids::DeliveryId;

use super::Plan;
use super::client::{Answer, Client};
use crate::exit::Failure;

/// Deliveries of a page: the most the service gives.
const PAGE: usize = 1_000;

/// How long is waited between two looks, at least; after a look that took longer, as long as that took.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// How often it is looked whether the newest are shown.
const GLANCE_EVERY: Duration = Duration::from_millis(50);

/// How many of the accepted are looked for among the newest: requests are taken in one order, but answers overtake each other a little.
const NEWEST: usize = 64;

/// The last stages.
const FINAL: [&str; 2] = ["Completed", "Cancelled"];

/// The stages before.
const OPEN: [&str; 4] = ["Created", "Rescheduled", "HeadedToPickup", "HeadedToDropoff"];

/// What was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Reckoning {
    /// Accepted deliveries that the service shows.
    pub(super) known: usize,
    /// Accepted ones of which it knows nothing.
    pub(super) lost: Vec<DeliveryId>,
    /// Ids that were given to two requests.
    pub(super) twice: Vec<DeliveryId>,
    /// Deliveries of the owner that no answer told of: their requests' answers were lost.
    pub(super) unanswered: usize,
    /// How many of the accepted are in which stage.
    pub(super) stages: BTreeMap<String, u64>,
    /// From the last answer until all were shown.
    pub(super) shown_after: Duration,
}

/// The parts of a page of deliveries that are needed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    items: Vec<Item>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct Item {
    id: String,
    stage: String,
}

/// Looks up what was accepted until all of it is shown, and has ended where the plan waits for that, or the time for it is over.
pub(super) async fn reckon(
    plan: &Plan,
    accepted: &[DeliveryId],
    bar: &ProgressBar,
) -> Result<Reckoning, Failure> {
    let begun = Instant::now();
    let mut client = Client::new(&plan.target);
    // To list a million takes a minute: when the newest were shown is found out before.
    let newest_shown_after = wait_for_the_newest(&mut client, plan, accepted, begun).await;
    let mut looks = 0;
    let mut shown_after = None;
    loop {
        looks += 1;
        let look_begun = Instant::now();
        let listed = match list(&mut client, &plan.owner).await {
            Ok(listed) => listed,
            // A service that works off what it took may be slow to answer.
            Err(_) if begun.elapsed() < plan.settle => {
                tokio::time::sleep(LOOK_EVERY).await;
                continue;
            }
            Err(failure) => return Err(failure),
        };
        let mut reckoning = compare(accepted, &listed);
        bar.set_message(format!(
            "{} of {} shown",
            reckoning.known,
            reckoning.known + reckoning.lost.len()
        ));
        if reckoning.lost.is_empty() {
            let since = if looks == 1 {
                newest_shown_after
            } else {
                begun.elapsed()
            };
            shown_after = shown_after.or(Some(since));
        }
        let is_settled = reckoning.lost.is_empty() || begun.elapsed() >= plan.settle;
        let has_ended = plan.wait.is_none_or(|wait| {
            begun.elapsed() >= wait
                || reckoning
                    .stages
                    .keys()
                    .all(|stage| FINAL.contains(&stage.as_str()))
        });
        if is_settled && has_ended {
            reckoning.shown_after = shown_after.unwrap_or_else(|| begun.elapsed());
            find_one_by_one(&mut client, &mut reckoning).await?;
            return Ok(reckoning);
        }
        tokio::time::sleep(LOOK_EVERY.max(look_begun.elapsed())).await;
        if is_settled {
            wait_for_the_end(&mut client, plan, begun).await;
        }
    }
}

/// Waits until the list begins with the newest of the accepted, or the time for it is over; how long that took.
async fn wait_for_the_newest(
    client: &mut Client<'_>,
    plan: &Plan,
    accepted: &[DeliveryId],
    begun: Instant,
) -> Duration {
    let path = format!("/api/deliveries?ownerId={}&limit={PAGE}", plan.owner);
    let mut newest: BTreeSet<DeliveryId> = accepted.iter().rev().take(NEWEST).copied().collect();
    while !newest.is_empty() && begun.elapsed() < plan.settle {
        // A service that works off what it took may be slow to answer: it is asked again.
        if let Ok(answer) = get(client, &path).await
            && let Ok(page) = read(&path, &answer)
        {
            let ids = page.items.iter().filter_map(|item| item.id.parse().ok());
            for id in ids {
                newest.remove(&id);
            }
        }
        if !newest.is_empty() {
            tokio::time::sleep(GLANCE_EVERY).await;
        }
    }
    begun.elapsed()
}

/// Waits until none of the owner's deliveries is open, or the time for it is over. That is asked for by itself, since to list all of them again and
/// again would be more work for the service than to bring them.
async fn wait_for_the_end(client: &mut Client<'_>, plan: &Plan, begun: Instant) {
    // A service that works off what it took may be slow to answer: it is asked again.
    while plan.wait.is_some_and(|wait| begun.elapsed() < wait)
        && !matches!(is_any_open(client, &plan.owner).await, Ok(false))
    {
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Whether one of the owner's deliveries is open.
async fn is_any_open(client: &mut Client<'_>, owner: &str) -> Result<bool, Failure> {
    for stage in OPEN {
        let mut cursor = String::new();
        loop {
            let path = format!("/api/deliveries?ownerId={owner}&stage={stage}&limit=1{cursor}");
            let page: Page = read(&path, &get(client, &path).await?)?;
            match page.next_cursor {
                _ if !page.items.is_empty() => return Ok(true),
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
    }
    Ok(false)
}

/// The stages of an owner's deliveries.
async fn list(client: &mut Client<'_>, owner: &str) -> Result<BTreeMap<DeliveryId, String>, Failure> {
    let mut listed = BTreeMap::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/api/deliveries?ownerId={owner}&limit={PAGE}{cursor}");
        let page: Page = read(&path, &get(client, &path).await?)?;
        for item in page.items {
            let id = item.id.parse().map_err(|_| {
                Failure::try_again(format!("{path} names a delivery {:?}, which is no UUID", item.id))
            })?;
            listed.insert(id, item.stage);
        }
        match page.next_cursor {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Ok(listed),
        }
    }
}

async fn get(client: &mut Client<'_>, path: &str) -> Result<Answer, Failure> {
    client
        .call(Method::GET, path, Bytes::new())
        .await
        .map_err(|error| {
            Failure::try_again(format!("what was accepted cannot be looked up: {path}: {error}"))
        })
}

fn read(path: &str, answer: &Answer) -> Result<Page, Failure> {
    let page = (answer.status == 200)
        .then(|| serde_json::from_slice(&answer.body).ok())
        .flatten();
    page.ok_or_else(|| unread(path, answer.status))
}

fn unread(path: &str, status: u16) -> Failure {
    Failure::try_again(format!(
        "what was accepted cannot be looked up: {path} was answered with status {status}"
    ))
}

/// Holds what is shown against what was accepted.
fn compare(accepted: &[DeliveryId], listed: &BTreeMap<DeliveryId, String>) -> Reckoning {
    let mut reckoning = Reckoning::default();
    let mut told = BTreeSet::new();
    for delivery in accepted {
        if !told.insert(delivery) {
            reckoning.twice.push(*delivery);
            continue;
        }
        match listed.get(delivery) {
            Some(stage) => {
                reckoning.known += 1;
                *reckoning.stages.entry(stage.clone()).or_default() += 1;
            }
            None => reckoning.lost.push(*delivery),
        }
    }
    reckoning.unanswered = listed.keys().filter(|id| !told.contains(id)).count();
    reckoning
}

/// Asks for each that was not in the list: one that is known is not lost.
async fn find_one_by_one(client: &mut Client<'_>, reckoning: &mut Reckoning) -> Result<(), Failure> {
    for delivery in std::mem::take(&mut reckoning.lost) {
        let path = format!("/api/deliveries/{delivery}");
        match get(client, &path).await?.status {
            200 => reckoning.known += 1,
            404 => reckoning.lost.push(delivery),
            status => return Err(unread(&path, status)),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_is_lost_twice_or_was_never_answered() {
        let ids = [1, 2, 3, 4].map(DeliveryId);
        let listed = [(ids[0], "Completed"), (ids[1], "Created"), (ids[3], "Created")];
        let listed = listed.map(|(id, stage)| (id, stage.to_owned())).into();
        let reckoning = compare(&[ids[0], ids[1], ids[2], ids[0]], &listed);
        assert_eq!(
            reckoning,
            Reckoning {
                known: 2,
                lost: vec![ids[2]],
                twice: vec![ids[0]],
                unanswered: 1,
                stages: [("Completed".to_owned(), 1), ("Created".to_owned(), 1)].into(),
                shown_after: Duration::ZERO,
            }
        );
    }
}
