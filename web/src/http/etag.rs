//! Entity tags: whoever changes something says which form of it they saw, so that nobody's change is lost unseen.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use actix_web::http::header::{ETAG, EntityTag, Header as _, IF_MATCH, IfMatch, IfNoneMatch};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use tokio::sync::{Mutex, MutexGuard};

use super::problem::Problem;

/// How many things may be changed at once: changes that meet on one lock wait for each other, some milliseconds each.
const LOCKS: usize = 1_024;

/// Who is changing what: from looking at it until the change is seen, nobody else changes it.
pub(crate) struct Edits(Vec<Mutex<()>>);

impl Default for Edits {
    fn default() -> Self {
        Self((0..LOCKS).map(|_| Mutex::new(())).collect())
    }
}

impl Edits {
    /// Waits until nobody else changes the thing of this name.
    pub(crate) async fn of(&self, name: &str) -> MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        let lock = usize::try_from(hasher.finish() % LOCKS as u64).unwrap_or_default();
        self.0[lock].lock().await
    }
}

/// The tag of a thing as it is shown.
fn tag_of(shown: &impl Serialize) -> EntityTag {
    let digest = Sha256::digest(serde_json::to_vec(shown).unwrap_or_default());
    let digits = digest[..16].iter().map(|byte| format!("{byte:02x}"));
    EntityTag::new_strong(digits.collect())
}

/// Shows a thing with its tag; whoever has that form of it already is told so.
pub(crate) fn show(http: &HttpRequest, shown: &impl Serialize) -> HttpResponse {
    let tag = tag_of(shown);
    if let Ok(IfNoneMatch::Items(seen)) = IfNoneMatch::parse(http)
        && seen.iter().any(|seen| seen.weak_eq(&tag))
    {
        return HttpResponse::NotModified().insert_header((ETAG, tag)).finish();
    }
    HttpResponse::Ok().insert_header((ETAG, tag)).json(shown)
}

/// Refuses a change of something that is no longer as whoever asks saw it, by `If-Match`, or that is there though it must not be, by
/// `If-None-Match: *`. `None`: it is not there.
pub(crate) fn check(http: &HttpRequest, shown: Option<&impl Serialize>) -> Result<(), Problem> {
    let tag = shown.map(tag_of);
    let matches = match IfMatch::parse(http) {
        Ok(IfMatch::Any) => tag.is_some(),
        Ok(IfMatch::Items(seen)) if !seen.is_empty() => tag
            .as_ref()
            .is_some_and(|tag| seen.iter().any(|seen| seen.strong_eq(tag))),
        Ok(IfMatch::Items(_)) if !http.headers().contains_key(IF_MATCH) => true,
        _ => return Err(Problem::malformed("`If-Match` holds no entity tags")),
    };
    if !matches {
        return Err(Problem::stale("it is no longer as you saw it; read it again"));
    }
    if tag.is_some() && matches!(IfNoneMatch::parse(http), Ok(IfNoneMatch::Any)) {
        return Err(Problem::stale("it is there already"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use actix_web::ResponseError as _;
    use actix_web::test::TestRequest;

    use super::*;

    fn asked(headers: &[(&'static str, &str)]) -> HttpRequest {
        let request = TestRequest::put();
        let with = headers.iter().fold(request, |request, header| {
            request.insert_header((header.0, header.1))
        });
        with.to_http_request()
    }

    fn status(headers: &[(&'static str, &str)], shown: Option<&str>) -> u16 {
        match check(&asked(headers), shown.as_ref()) {
            Ok(()) => 200,
            Err(problem) => problem.status_code().as_u16(),
        }
    }

    #[test]
    fn a_change_of_what_was_seen_passes_and_of_what_is_otherwise_does_not() {
        let tag = tag_of(&"a").to_string();
        for (headers, shown, expected) in [
            (&[][..], Some("a"), 200),
            (&[("If-Match", tag.as_str())][..], Some("a"), 200),
            (&[("If-Match", tag.as_str())][..], Some("b"), 412),
            (&[("If-Match", tag.as_str())][..], None, 412),
            (&[("If-Match", "*")][..], Some("b"), 200),
            (&[("If-Match", "*")][..], None, 412),
            (&[("If-Match", "\"x\", \"y\"")][..], Some("a"), 412),
            (&[("If-Match", "no tag")][..], Some("a"), 400),
            (&[("If-None-Match", "*")][..], Some("a"), 412),
            (&[("If-None-Match", "*")][..], None, 200),
        ] {
            assert_eq!(status(headers, shown), expected, "{headers:?} {shown:?}");
        }
        let weak = format!("W/{tag}");
        assert_eq!(
            status(&[("If-Match", &weak)], Some("a")),
            412,
            "a weak tag proves nothing"
        );
    }

    #[test]
    fn whoever_has_it_already_is_told_so() {
        let first = show(&asked(&[]), &"a");
        let tag = first
            .headers()
            .get(ETAG)
            .expect("a tag")
            .to_str()
            .expect("a text")
            .to_owned();
        let again = show(&asked(&[("If-None-Match", &tag)]), &"a");
        assert_eq!((first.status().as_u16(), again.status().as_u16()), (200, 304));
        assert_eq!(
            show(&asked(&[("If-None-Match", &tag)]), &"b").status().as_u16(),
            200
        );
    }

    #[actix_web::test]
    async fn who_changes_one_thing_waits_for_who_does_already() {
        let edits = Edits::default();
        let held = edits.of("one").await;
        assert!(futures_util::FutureExt::now_or_never(edits.of("one")).is_none());
        drop(held);
        assert!(futures_util::FutureExt::now_or_never(edits.of("one")).is_some());
    }
}
