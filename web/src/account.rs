//! Account: businesses that registered, their keys, whether they may use the service, what they pay by.
//!
//! What changes is a command like any other, so that the journal rebuilds it. A business' name and how it is reached are in this service's store alone.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, LOCATION};
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use jiff::Timestamp;
use skyhaul_actors::account::{AccountChange, AccountRecord, KeyId, Role};
use skyhaul_actors::command::Command;
use skyhaul_actors::ids::{AccountId, CommandId};
use tokio::sync::Mutex;
use tokio::time::timeout;
use uuid::Uuid;

use crate::context::Context;
use crate::gateway::caller::Caller;
use crate::http::body::{json_object, json_object_or_none};
use crate::http::endpoint::Endpoint;
use crate::http::etag;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::ingestion::BODY_BYTES_MAX;
use crate::people::People;
use crate::ports::{CommandPort, KeyValueStore, Projection, StoreError};
use crate::store::{Progress, StoredProjection, Table};

mod fold;
mod row;
mod secret;
pub(crate) mod shown;

pub(crate) use self::fold::Register;
pub(crate) use self::row::AccountRow;

use self::fold::AccountFold;
use self::row::{ContactRow, KEYS_MAX, KeyRow, contact_row};
use self::secret::NewKey;
use self::shown::{
    AccountResponse, ChangeAccountRequest, IssueKeyRequest, IssuedKeyResponse, OpenAccountRequest,
    OpenedAccountResponse, Opening,
};

/// Most accounts: they are all in memory, 50 MB then. Further ones are answered 409.
const ACCOUNTS_MAX: usize = 100_000;

/// How long an answer waits for a change to take effect. It takes milliseconds, unless the engine is behind its clock; the change is durable then
/// all the same, and takes effect once the engine gets to it.
const SEEN_WITHIN: Duration = Duration::from_secs(5);

/// The service.
pub(crate) struct Accounts {
    commands: Arc<dyn CommandPort>,
    people: Arc<People>,
    register: Arc<Register>,
    table: Table,
    progress: Progress,
    /// Whoever changes an account holds it, so that changes are made one after another. It holds the owners of accounts that are durable, and whose
    /// beginning the engine had not come to when they were answered.
    changing: Mutex<BTreeSet<String>>,
}

impl Accounts {
    /// The service on its store, and the projection that fills the store.
    pub(crate) fn open(
        context: &Context,
        store: Arc<dyn KeyValueStore>,
    ) -> Result<(Self, Box<dyn Projection>), StoreError> {
        let register = Arc::new(Register::load(&Table::new("account", Arc::clone(&store)))?);
        context.people.leave_as_they_are(register.owners());
        let projection = StoredProjection::open(store, AccountFold(Arc::clone(&register)))?;
        let service = Self {
            commands: Arc::clone(&context.commands),
            people: Arc::clone(&context.people),
            register,
            table: projection.table(),
            progress: projection.progress(),
            changing: Mutex::default(),
        };
        Ok((service, Box::new(projection)))
    }

    /// An account by the text of its id.
    fn find(&self, id: &str) -> Result<Arc<AccountRow>, Problem> {
        let found = id.parse().ok().and_then(|id| self.register.account(id));
        found.ok_or_else(unknown_account)
    }

    /// All accounts, to be asked for keys.
    pub(crate) fn register(&self) -> &Register {
        &self.register
    }

    fn contact(&self, id: AccountId) -> Result<ContactRow, StoreError> {
        Ok(self.table.get(&contact_row(id))?.unwrap_or_default())
    }

    async fn keep_contact(&self, id: AccountId, contact: Option<ContactRow>) -> Result<(), Problem> {
        let table = self.table.clone();
        let kept = web::block(move || match contact {
            Some(contact) => table.keep(&contact_row(id), &contact),
            None => table.remove(&contact_row(id)),
        });
        kept.await.map_err(|_| Problem::saturated())??;
        Ok(())
    }

    /// Makes a change durable, and waits for it to take effect; `None` where that takes too long.
    async fn change(&self, record: AccountRecord) -> Result<Option<Arc<AccountRow>>, Problem> {
        let account = record.account;
        let command = self.commands.submit(Command::ChangeAccount(record)).await?;
        self.seen(account, command).await
    }

    /// The same account with its owner's name, as it is shown.
    fn named(&self, row: AccountRow) -> Result<AccountRow, StoreError> {
        let owner = self.people.name(&row.owner)?;
        Ok(AccountRow { owner, ..row })
    }

    /// Forgets a business' name, and how it is reached.
    pub(crate) async fn forget_contact(&self, owner: &str) -> Result<(), Problem> {
        match self.register.of_owner(owner) {
            Some(account) => self.keep_contact(account.id, None).await,
            None => Ok(()),
        }
    }

    async fn seen(&self, account: AccountId, command: CommandId) -> Result<Option<Arc<AccountRow>>, Problem> {
        let seen = self.progress.until(|| {
            let row = self.register.account(account);
            Ok(row.filter(|row| row.changed_by >= command))
        });
        match timeout(SEEN_WITHIN, seen).await {
            Ok(row) => Ok(Some(row?)),
            Err(_) => Ok(None),
        }
    }

    async fn open_for(&self, opening: Opening, by: String) -> Result<HttpResponse, Problem> {
        let mut unseen = self.changing.lock().await;
        let id = AccountId(Uuid::new_v4().as_u128());
        let owner = opening.owner.unwrap_or_else(|| id.to_string());
        let owner = self.people.introduce(&owner).await?;
        if self.register.of_owner(&owner).is_some() || unseen.contains(&owner) {
            return Err(Problem::conflict("another account has this owner"));
        }
        if self.register.count() >= ACCOUNTS_MAX {
            let most = format!("there are at most {ACCOUNTS_MAX} accounts");
            return Err(Problem::conflict(most));
        }
        let NewKey { kept, told } = NewKey::make(Default::default())?;
        let change = AccountChange::Opened {
            owner: owner.clone(),
            plan: opening.plan,
            key: kept,
        };
        self.keep_contact(id, Some(opening.contact.clone())).await?;
        let opened = record(id, by, change);
        let row = match self.change(opened.clone()).await {
            Ok(Some(row)) => (*row).clone(),
            Ok(None) => {
                unseen.insert(owner);
                AccountRow::after(None, &opened, CommandId::default()).ok_or_else(Problem::saturated)?
            }
            Err(problem) => {
                self.keep_contact(id, None).await?;
                return Err(problem);
            }
        };
        Ok(HttpResponse::Created()
            .insert_header((LOCATION, format!("/api/accounts/{id}")))
            .insert_header((CACHE_CONTROL, "no-store"))
            .json(OpenedAccountResponse::new(
                self.named(row)?,
                opening.contact,
                told,
            )))
    }
}

/// No account has this id, or none that the caller may see.
pub(crate) fn unknown_account() -> Problem {
    Problem::not_found("no account has this id")
}

fn record(account: AccountId, by: String, change: AccountChange) -> AccountRecord {
    AccountRecord {
        account,
        by,
        at_unix_micros: Timestamp::now().as_microsecond(),
        change,
    }
}

/// The service's endpoints.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .service(
            Endpoint::new("/api/account/{accountId}")
                .on(Method::GET, is_active)
                .done(),
        )
        .service(
            Endpoint::new("/api/accounts")
                .on(Method::POST, open_account)
                .done(),
        )
        .service(
            Endpoint::new("/api/accounts/{id}")
                .on(Method::GET, get_account)
                .on(Method::PATCH, change_account)
                .done(),
        )
        .service(
            Endpoint::new("/api/accounts/{id}/keys")
                .on(Method::POST, issue_key)
                .on(Method::DELETE, revoke_key)
                .done(),
        );
}

/// Whether an account, named by its id or by its owner, may use the service.
#[utoipa::path(
    get,
    path = "/api/account/{accountId}",
    tag = "Account",
    params(("accountId" = String, Path, description = "The account or its owner")),
    responses((status = 200, description = "Whether it is there and active", body = bool, content_type = "application/json"))
)]
pub(crate) async fn is_active(
    service: Data<Accounts>,
    name: web::Path<String>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let caller = Caller::of(&http);
    if caller.account.is_none_or(|account| account.to_string() != *name) {
        caller.check_owner(&service.people.pseudonym(&name)?)?;
    }
    let named = service.people.pseudonym(&name)?;
    let is_active = service.register.is_active(&name) || service.register.is_active(&named);
    Ok(HttpResponse::Ok().json(is_active))
}

/// Registers a business. Its first key is shown this once.
#[utoipa::path(
    post,
    path = "/api/accounts",
    tag = "Account",
    request_body = OpenAccountRequest,
    responses(
        (status = 201, description = "Registered, with its first key", body = OpenedAccountResponse,
            headers(("Location" = String, description = "The account"))),
        (status = 400, description = "It cannot be understood", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Another account has this owner", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A value cannot be", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "It cannot be stored", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "It is too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "It is not JSON by its header", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn open_account(
    service: Data<Accounts>,
    http: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let body = json_object(&http, payload, BODY_BYTES_MAX).await?;
    let opening = OpenAccountRequest::read(&body)?;
    let by = Caller::of(&http).name;
    // It goes on where its client hangs up, so that no contact is kept without its account.
    let opened = actix_web::rt::spawn(async move { service.open_for(opening, by).await });
    opened.await.map_err(|_| Problem::saturated())?
}

/// An account, its keys without their secrets.
#[utoipa::path(
    get,
    path = "/api/accounts/{id}",
    tag = "Account",
    params(("id" = Uuid, Path, description = "The account")),
    responses(
        (status = 200, description = "The account", body = AccountResponse, headers(("ETag" = String, description = "Its form"))),
        (status = 304, description = "It is as `If-None-Match` says"),
        (status = 404, description = "No account has this id", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_account(
    service: Data<Accounts>,
    id: web::Path<String>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let row = service.find(&id)?;
    let contact = service.contact(row.id)?;
    Ok(etag::show(
        &http,
        &AccountResponse::new(service.named((*row).clone())?, contact),
    ))
}

/// Changes an account; what is left out stays. The keys of a suspended account open nothing.
#[utoipa::path(
    patch,
    path = "/api/accounts/{id}",
    tag = "Account",
    params(("id" = Uuid, Path, description = "The account")),
    request_body = ChangeAccountRequest,
    responses(
        (status = 200, description = "Changed", body = AccountResponse),
        (status = 202, description = "Durable, and in effect once the world has caught up"),
        (status = 400, description = "It cannot be understood", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No account has this id", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "It is not as `If-Match` or `If-None-Match` says", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A value cannot be", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "It is too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "It is not JSON by its header", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn change_account(
    service: Data<Accounts>,
    id: web::Path<String>,
    http: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    service.find(&id)?;
    let body = json_object(&http, payload, BODY_BYTES_MAX).await?;
    let changes = ChangeAccountRequest::read(&body)?;
    let caller = Caller::of(&http);
    if changes.plan.is_some() || changes.status.is_some() {
        caller.check_admin("change an account's plan or status")?;
    }
    let _changing = service.changing.lock().await;
    let row = service.find(&id)?;
    let before = service.contact(row.id)?;
    etag::check(
        &http,
        Some(&AccountResponse::new(
            service.named((*row).clone())?,
            before.clone(),
        )),
    )?;
    let contact = ContactRow {
        name: changes.name.unwrap_or_else(|| before.name.clone()),
        contact: changes.contact.or_else(|| before.contact.clone()),
    };
    let change = AccountChange::Changed {
        status: changes.status,
        plan: changes.plan,
        is_contact_changed: contact != before,
    };
    let changed = service.change(record(row.id, caller.name, change)).await?;
    if contact != before {
        service.keep_contact(row.id, Some(contact.clone())).await?;
    }
    Ok(match changed {
        Some(row) => etag::show(
            &http,
            &AccountResponse::new(service.named((*row).clone())?, contact),
        ),
        None => HttpResponse::Accepted().finish(),
    })
}

/// Makes a further key for an account. It is shown this once.
#[utoipa::path(
    post,
    path = "/api/accounts/{id}/keys",
    tag = "Account",
    params(("id" = Uuid, Path, description = "The account")),
    request_body = Option<IssueKeyRequest>,
    responses(
        (status = 201, description = "The key", body = IssuedKeyResponse),
        (status = 400, description = "It cannot be understood", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No account has this id", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It has as many keys as an account may have", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "It is too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "It is not JSON by its header", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn issue_key(
    service: Data<Accounts>,
    id: web::Path<String>,
    http: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let id = service.find(&id)?.id;
    let body = json_object_or_none(&http, payload, BODY_BYTES_MAX).await?;
    let role = IssueKeyRequest::read(&body)?;
    let caller = Caller::of(&http);
    if role > Role::Customer {
        caller.check_admin("make keys for operators and administrators")?;
    }
    let _changing = service.changing.lock().await;
    let row = service.find(&id.to_string())?;
    if row.keys.len() >= KEYS_MAX {
        let most = format!("an account has at most {KEYS_MAX} keys; delete one first");
        return Err(Problem::conflict(most));
    }
    let NewKey { kept, told } = NewKey::make(role)?;
    let issued = record(id, caller.name, AccountChange::KeyIssued(kept));
    let changed = service.change(issued).await?;
    let shown = changed
        .iter()
        .flat_map(|row| &row.keys)
        .find(|row| row.key.id == kept.id);
    let shown = shown.copied().unwrap_or(KeyRow {
        key: kept,
        issued_at_unix_micros: Timestamp::now().as_microsecond(),
    });
    Ok(HttpResponse::Created()
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(IssuedKeyResponse::new(&shown, told)))
}

/// Lets a key open nothing any more.
#[utoipa::path(
    delete,
    path = "/api/accounts/{id}/keys",
    tag = "Account",
    params(
        ("id" = Uuid, Path, description = "The account"),
        ("keyId" = String, Query, min_length = 1, description = "The key's id"),
    ),
    responses(
        (status = 202, description = "Durable, and in effect once the world has caught up"),
        (status = 204, description = "It opens nothing any more"),
        (status = 400, description = "No key is named", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "The account has no such key", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn revoke_key(
    service: Data<Accounts>,
    id: web::Path<String>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let row = service.find(&id)?;
    let caller = Caller::of(&http);
    let query = Query::read(&http)?;
    let named = query.required_text("keyId").map(str::to_owned);
    query.check()?;
    let key = named
        .and_then(|named| u64::from_str_radix(&named, 16).ok())
        .map(KeyId);
    let key = key.filter(|id| row.keys.iter().any(|row| row.key.id == *id));
    let key = key.ok_or_else(|| Problem::not_found("the account has no such key"))?;
    let _changing = service.changing.lock().await;
    let revoked = record(row.id, caller.name, AccountChange::KeyRevoked(key));
    let changed = service.change(revoked).await?;
    Ok(if changed.is_some() {
        HttpResponse::NoContent().finish()
    } else {
        HttpResponse::Accepted().finish()
    })
}
