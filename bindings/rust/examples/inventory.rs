//! An inventory that follows a cluster: a watch says what came, changed and went, and admissions are judged beside what is there.
//!
//! ```sh
//! cargo run -p plimsoll --example inventory
//! ```
//!
//! One thread has the inventory and hands out copies. A copy costs little, shares what it holds, and never changes under an evaluation.

use plimsoll::{Engine, Error, Identity, Input, Inventory};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, PoisonError, RwLock};

/// A host name belongs to one Ingress.
pub const POLICIES: &str = r#"
module acme.hosts

/// No two Ingresses answer for one host.
policy host_taken {
    id = "ACME-10"
    severity = high
    on Ingress as i
    deny "host {rule.host} belongs to Ingress {other.metadata.namespace ?? ""}/{other.metadata.name} already"
        for rule in i.spec?.rules
        if rule.host != null
        for other in cluster(Ingress)
        if id(other) != id(i)
        if any(r.host == rule.host for r in other.spec?.rules)
        at rule.host
        related other.metadata.name
}
"#;

/// What a watch says.
#[derive(Debug)]
pub enum Event {
    /// An object is there, or is another now.
    Applied(Vec<u8>),
    /// An object is gone.
    Deleted(Identity),
    /// The watch began anew; this is all that is there.
    Restarted(Vec<Vec<u8>>),
}

/// The latest copy of the inventory.
#[derive(Debug)]
pub struct Latest(RwLock<Arc<Inventory>>);

impl Latest {
    /// Of an inventory that holds nothing yet.
    pub fn of(inventory: Inventory) -> Latest {
        Latest(RwLock::new(Arc::new(inventory)))
    }

    /// What the inventory holds now.
    pub fn get(&self) -> Arc<Inventory> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, inventory: &Inventory) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(inventory.clone());
    }
}

/// Follows a watch until it ends. An object that cannot be read is told, and the others stay.
pub fn follow(events: Receiver<Event>, mut inventory: Inventory, latest: &Latest, told: &mut Vec<String>) {
    while let Ok(first) = events.recv() {
        // What has come meanwhile goes into the same copy.
        for event in std::iter::once(first).chain(events.try_iter()) {
            if let Err(error) = apply(&mut inventory, &event) {
                told.push(error.to_string());
            }
        }
        latest.set(&inventory);
    }
}

fn apply(inventory: &mut Inventory, event: &Event) -> Result<(), Error> {
    match event {
        Event::Applied(object) => inventory.insert(&Input::json(object)),
        Event::Deleted(identity) => {
            inventory.remove(identity);
            Ok(())
        }
        Event::Restarted(objects) => {
            inventory.replace_all(objects.iter().map(|object| Input::json(object)))?;
            // The list was whole, so a policy may say that something is not there.
            inventory.set_all_complete();
            Ok(())
        }
    }
}

/// An Ingress as the API server would send it.
pub fn ingress(namespace: &str, name: &str, host: &str) -> Vec<u8> {
    let object = serde_json::json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": { "namespace": namespace, "name": name },
        "spec": { "rules": [{ "host": host }] },
    });
    object.to_string().into_bytes()
}

/// What the command does.
pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::builder().sources("acme", [("acme/hosts.plim", POLICIES)]).build()?;
    let latest = Latest::of(engine.inventory());
    let (watch, events) = channel();
    std::thread::scope(|scope| {
        let (inventory, latest) = (engine.inventory(), &latest);
        scope.spawn(move || follow(events, inventory, latest, &mut Vec::new()));
        watch.send(Event::Restarted(vec![ingress("shop", "web", "shop.example.com")]))?;
        drop(watch);
        Ok::<(), Box<dyn std::error::Error>>(())
    })?;
    let asked = ingress("evil", "web", "shop.example.com");
    let decision = engine.evaluator().decide_in(&latest.get(), &Input::json(&asked));
    for finding in &decision.findings {
        println!("{finding}");
    }
    Ok(())
}
