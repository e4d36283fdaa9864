//! Unlocks with an end, seats, claims, coupons, and what opens what.

use super::rows::{
    OTHER_SITE, PRODUCT, SITE, at, fen, furnished, hold, order, product, put_order, read, unlock, write,
};
use crate::domain::claim::Claim;
use crate::domain::coupon::{Coupon, Discount};
use crate::domain::id::{ClaimId, CouponId, InboxId, OrderId, ProductId, SeatId};
use crate::domain::order::{Order, OrderStatus};
use crate::domain::product::{KeyVersions, Product, ProductKind, Terms};
use crate::domain::receipt::{InboxItem, InboxState, Matter, Reason};
use crate::domain::time::Millis;
use crate::domain::unlock::{Seat, Unlock};
use crate::storage::Store;
use crate::storage::verbs::{Inserted, Page};

use Inserted::{Conflict, Yes};

const ALL: Page = Page { before: None, limit: 50 };

fn seat(id: i64, reader: Option<i64>) -> Seat {
    Seat {
        id: SeatId::from_raw(id),
        unlock: unlock(1, 1).id,
        reader,
        label: "iPhone · WeChat".to_owned(),
        created_at: at(id),
        seen_at: at(id),
        signed_out_at: None,
    }
}

fn coupon(id: i64, code: &str, discount: Discount) -> Coupon {
    Coupon {
        id: CouponId::from_raw(id),
        site: SITE,
        product: Some(PRODUCT),
        code: code.parse().unwrap(),
        discount,
        uses_max: Some(3),
        expires_at: Some(at(9)),
        created_at: at(1),
        removed_at: None,
    }
}

pub(crate) async fn a_reader_has_one_seat_of_an_unlock_until_he_is_signed_out(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    write(&store, |tx| {
        put_order(tx, 1)?;
        assert_eq!(tx.insert_unlock(&unlock(1, 1))?, Yes);
        assert_eq!(tx.insert_seat(&seat(1, Some(7)))?, Yes);
        assert_eq!(tx.insert_seat(&seat(2, Some(7)))?, Conflict);
        assert_eq!(
            tx.insert_seat(&seat(3, None))?,
            Yes,
            "browsers that say nothing of themselves are strangers"
        );
        assert_eq!(tx.insert_seat(&seat(4, None))?, Yes);
        assert!(tx.sign_out_seat(seat(1, None).id, at(50))?);
        assert!(!tx.sign_out_seat(seat(1, None).id, at(51))?);
        assert_eq!(tx.insert_seat(&seat(5, Some(7)))?, Yes);
        tx.see_seat(seat(3, None).id, at(60))?;
        tx.see_seat(seat(3, None).id, at(55))
    })
    .await;
    let seats = read(&store, |tx| tx.seats(unlock(1, 1).id)).await;
    let ids: Vec<i64> = seats.iter().map(|seat| seat.id.raw()).collect();
    assert_eq!((ids, seats[0].seen_at), (vec![3, 4, 5], at(60)), "seen times only grow");
    let gone = read(&store, |tx| tx.seat(seat(1, None).id)).await;
    assert_eq!(gone, Some(Seat { signed_out_at: Some(at(50)), ..seat(1, Some(7)) }));
}

pub(crate) async fn an_unlock_runs_until_the_last_of_its_renewals(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    write(&store, |tx| {
        put_order(tx, 1)?;
        for (n, end) in [(2, 200), (3, 300)] {
            let renewal = Order { renews: Some(order(1).id), ..order(n) };
            assert_eq!(tx.insert_order(&renewal, &hold(n, 100 + n))?, Yes);
            let more = Unlock { expires_at: Some(at(end)), ..unlock(n, n) };
            assert_eq!(tx.insert_unlock(&more)?, Yes);
        }
        let first = Unlock { expires_at: Some(at(100)), ..unlock(1, 1) };
        assert_eq!(tx.insert_unlock(&first)?, Yes);
        assert!(tx.sign_out_buyer(first.id, at(7))?);
        assert!(!tx.sign_out_buyer(first.id, at(8))?);
        Ok(())
    })
    .await;
    let until = |store: &Store, n: i64| {
        let store = store.clone();
        async move { read(&store, move |tx| tx.running_until(order(n).id)).await }
    };
    assert_eq!((until(&store, 1).await, until(&store, 2).await), (Some(at(300)), Some(at(200))));
    assert!(write(&store, |tx| tx.revoke_unlock(unlock(3, 3).id, at(9))).await);
    assert_eq!(until(&store, 1).await, Some(at(200)), "one that was taken back prolongs nothing");
    assert_eq!(until(&store, 4).await, None);
    let kept = read(&store, |tx| tx.unlock(unlock(1, 1).id)).await;
    let expected = Unlock { expires_at: Some(at(100)), buyer_out_at: Some(at(7)), ..unlock(1, 1) };
    assert_eq!(kept, Some(expected));
    let listed = read(&store, |tx| Ok((tx.unlocks(Some(PRODUCT), ALL)?, tx.unlocks(None, ALL)?))).await;
    let ids = |list: &[Unlock]| list.iter().map(|u| u.order.raw()).collect::<Vec<_>>();
    assert_eq!((ids(&listed.0), ids(&listed.1)), (vec![1003, 1002, 1001], vec![1003, 1002, 1001]));
    let renewing = read(&store, |tx| tx.order(order(2).id)).await.unwrap();
    assert_eq!(renewing.renews, Some(order(1).id));
}

pub(crate) async fn a_coupon_is_counted_by_its_orders_that_were_not_given_up(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    let (amount, percent) =
        (coupon(1, "SPRING", Discount::Amount(fen(10))), coupon(2, "TEA-5", Discount::Percent(5)));
    let (one, two) = (amount.clone(), percent.clone());
    write(&store, move |tx| {
        assert_eq!(tx.insert_coupon(&one)?, Yes);
        assert_eq!(tx.insert_coupon(&two)?, Yes);
        assert_eq!(tx.insert_coupon(&Coupon { id: CouponId::from_raw(3), ..one.clone() })?, Conflict);
        for (n, status) in (1..).zip(OrderStatus::ALL) {
            let made = Order { coupon: Some(one.id), list_price: fen(110), status, ..order(n) };
            assert_eq!(tx.insert_order(&made, &hold(n, 100 + n))?, Yes);
        }
        Ok(())
    })
    .await;
    assert_eq!(read(&store, |tx| tx.coupon_used(CouponId::from_raw(1))).await, 3, "pending, paid, refunded");
    assert_eq!(read(&store, |tx| tx.coupon_used(CouponId::from_raw(2))).await, 0);
    let found = read(&store, |tx| {
        let code = "TEA-5".parse().unwrap();
        Ok((
            tx.coupon_by_code(SITE, &code)?,
            tx.coupon_by_code(OTHER_SITE, &code)?,
            tx.coupons(Some(SITE), ALL)?,
        ))
    })
    .await;
    assert_eq!(found, (Some(percent.clone()), None, vec![percent, amount.clone()]));
    assert!(write(&store, |tx| tx.remove_coupon(CouponId::from_raw(1), at(5))).await);
    assert!(!write(&store, |tx| tx.remove_coupon(CouponId::from_raw(1), at(6))).await);
    let gone = read(&store, |tx| {
        Ok((tx.coupon_by_code(SITE, &"SPRING".parse().unwrap())?, tx.coupon(CouponId::from_raw(1))?))
    })
    .await;
    assert_eq!(gone, (None, Some(Coupon { removed_at: Some(at(5)), ..amount.clone() })));
    let again = Coupon { id: CouponId::from_raw(4), ..amount };
    assert_eq!(write(&store, move |tx| tx.insert_coupon(&again)).await, Yes, "its code is free again");
    let kept = read(&store, |tx| tx.order(order(1).id)).await.unwrap();
    assert_eq!((kept.coupon, kept.list_price, kept.price), (Some(CouponId::from_raw(1)), fen(110), fen(100)));
}

pub(crate) async fn a_bundle_names_products_and_a_membership_is_offered_for_all(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    let [bundle, vip, water] = [50, 51, 52].map(ProductId::from_raw);
    write(&store, move |tx| {
        let kinds = [
            (bundle, "both", ProductKind::Bundle, 300),
            (vip, "vip", ProductKind::Membership, 200),
            (water, "water", ProductKind::Article, 100),
        ];
        for (id, slug, kind, price) in kinds {
            let terms = Terms {
                kind,
                validity: Some(Millis::new(86_400_000)),
                url: Some(format!("https://blog.example/{slug}/")),
                renews: None,
            };
            let product = Product { price: fen(price), terms, ..product(id, slug) };
            assert_eq!(tx.insert_product(&product, None)?, Yes);
        }
        tx.set_opened_by(bundle, &[PRODUCT, water, water])
    })
    .await;
    let ids = |list: Vec<Product>| list.iter().map(|p| p.id).collect::<Vec<_>>();
    let (opened, tea, both, elsewhere) = read(&store, move |tx| {
        Ok((
            tx.opened_by(bundle)?,
            tx.offers_for(SITE, PRODUCT, 10)?,
            tx.offers_for(SITE, bundle, 10)?,
            tx.offers_for(OTHER_SITE, ProductId::from_raw(99), 10)?,
        ))
    })
    .await;
    assert_eq!((ids(opened), ids(tea), ids(both)), (vec![PRODUCT, water], vec![vip, bundle], vec![vip]));
    assert_eq!(ids(elsewhere), []);
    assert!(read(&store, move |tx| tx.names(bundle, water)).await);
    write(&store, move |tx| tx.set_opened_by(bundle, &[PRODUCT])).await;
    assert!(!read(&store, move |tx| tx.names(bundle, water)).await);
}

pub(crate) async fn the_keys_of_one_site_are_retired_together(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    let other = ProductId::from_raw(60);
    let retired = write(&store, move |tx| {
        let elsewhere = Product { site: OTHER_SITE, ..product(other, "tea") };
        assert_eq!(tx.insert_product(&elsewhere, None)?, Yes);
        // A unit that has read a product sees what became of it.
        assert_eq!(tx.product(PRODUCT)?.map(|p| p.keys), Some(KeyVersions::default()));
        let retired = tx.retire_keys(SITE)?;
        assert_eq!(tx.product(PRODUCT)?.map(|p| p.keys), Some(KeyVersions { current: 2, oldest: 2 }));
        Ok(retired)
    })
    .await;
    assert_eq!(retired, 1);
    assert_eq!(read(&store, move |tx| tx.product(other)).await.map(|p| p.keys), Some(KeyVersions::default()));
    let keys = KeyVersions { current: 7, oldest: 3 };
    write(&store, move |tx| tx.set_keys(other, keys)).await;
    assert_eq!(read(&store, move |tx| tx.product(other)).await.map(|p| p.keys), Some(keys));
}

pub(crate) async fn a_claim_has_one_inbox_item_without_a_notice(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    let claim = Claim {
        id: ClaimId::from_raw(70),
        site: SITE,
        product: PRODUCT,
        order: Some(OrderId::from_raw(1001)),
        amount: fen(98),
        paid_at: at(5),
        digits: "482913".parse().unwrap(),
        note: Some("付了".to_owned()),
        created_at: at(6),
        paid_by_grant: false,
    };
    let item = |id: i64| InboxItem {
        id: InboxId::from_raw(id),
        reason: Reason::Claim,
        matter: Matter::Claim(ClaimId::from_raw(70)),
        receipt: None,
        state: InboxState::Open,
        order: None,
        note: None,
        created_at: at(6),
        resolved_at: None,
    };
    let written = claim.clone();
    write(&store, move |tx| {
        put_order(tx, 1)?;
        assert_eq!(tx.insert_claim(&written)?, Yes);
        assert_eq!(tx.insert_inbox(&item(80))?, Yes);
        assert_eq!(tx.insert_inbox(&item(81))?, Conflict);
        tx.set_paid_by_grant(written.id, true)
    })
    .await;
    let kept =
        read(&store, |tx| Ok((tx.claim(ClaimId::from_raw(70))?, tx.inbox_of_claim(ClaimId::from_raw(70))?)))
            .await;
    assert_eq!(kept, (Some(Claim { paid_by_grant: true, ..claim }), Some(InboxId::from_raw(80))));
    assert_eq!(read(&store, |tx| tx.inbox_item(InboxId::from_raw(80))).await, Some(item(80)));
}

pub(crate) async fn orders_are_found_by_when_they_were_made(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    write(&store, |tx| (1..=4).try_for_each(|n| put_order(tx, n))).await;
    let found = read(&store, |tx| tx.orders_between(SITE, 1002, 1004, 2)).await;
    assert_eq!(found.iter().map(|o| o.id.raw()).collect::<Vec<_>>(), [1002, 1003]);
    assert_eq!(read(&store, |tx| tx.orders_between(OTHER_SITE, 0, i64::MAX, 9)).await, []);
}
