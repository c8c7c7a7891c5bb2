"""The words on the pages: plain business prose, so that a reader of characters has a fair chance and no more."""

PROSE = [
    "The consignment left our warehouse on 14 March and should reach the harbour within nine working days. "
    "Please compare the seals with the numbers on the packing list before the doors are opened, and note any "
    "difference on the delivery receipt.",
    "Payment is due within 30 days of the invoice date. After that day interest of 4.75 per cent a year is added, "
    "and the cost of reminders is charged. Discounts apply only to invoices that are paid in full and on time.",
    "The pump must be stopped and the valve closed before the cover is taken off. Check that the pressure gauge "
    "shows 0.0 bar. Wear gloves: the housing can still be hotter than 60 degrees half an hour after it was used.",
    "We confirm your order of 250 filter cartridges, type KX 1180, at a price of 7.85 each. Delivery is free to any "
    "address on the mainland. Boxes that were opened cannot be taken back, those still sealed can within 14 days.",
    "This notice replaces the one dated 2 February. The meeting room on the second floor is closed until the "
    "windows have been repaired; visitors are asked to use the entrance at the north side of the building.",
    "Samples were stored at 4 degrees and examined on the day they arrived. Values outside the reference range are "
    "marked with a star. A second sample is needed for the tests named at the foot of this page.",
    "The tenant gives notice three months before the end of a quarter, in writing. Keys, meter readings and the "
    "record of the rooms are handed over on the last working day of the term, not later than 12:00.",
    "Insurance covers loss by fire, water, lightning and burglary up to the sum stated above. Damage must be "
    "reported without delay, with photographs where they can be made, and before repairs are begun.",
]

FOREIGN = {
    "deu": [
        "Die Lieferung verlässt unser Lager am 14. März und trifft voraussichtlich innerhalb von neun Werktagen ein. "
        "Bitte prüfen Sie vor dem Öffnen die Plomben und vermerken Sie Abweichungen auf dem Lieferschein.",
        "Der Betrag ist ohne Abzug bis zum Monatsende zu überweisen. Für größere Mengen gewähren wir auf Anfrage einen "
        "Nachlass; geöffnete Packungen können wir leider nicht zurücknehmen.",
    ],
    "fra": [
        "La marchandise a quitté notre entrepôt le 14 mars et devrait arriver à destination dans un délai de neuf jours "
        "ouvrés. Veuillez vérifier les scellés avant l'ouverture et noter toute différence sur le bon de livraison.",
        "Le règlement est exigible à réception de la facture. Passé ce délai, des intérêts seront perçus; les boîtes déjà "
        "ouvertes ne peuvent être ni reprises ni échangées.",
    ],
    "ell": [
        "Το φορτίο έφυγε από την αποθήκη μας στις 14 Μαρτίου και αναμένεται να φτάσει στο λιμάνι μέσα σε εννέα εργάσιμες "
        "ημέρες. Παρακαλούμε ελέγξτε τις σφραγίδες πριν ανοίξετε τις πόρτες.",
        "Το τιμολόγιο πληρώνεται μέσα σε τριάντα ημέρες. Μετά την ημερομηνία αυτή προστίθενται τόκοι και έξοδα "
        "υπενθύμισης. Ανοιγμένα κουτιά δεν επιστρέφονται.",
    ],
    "rus": [
        "Груз отправлен с нашего склада 14 марта и должен прибыть в порт в течение девяти рабочих дней. Просим проверить "
        "пломбы до открытия дверей и отметить расхождения в накладной.",
        "Счёт подлежит оплате в течение тридцати дней. После этого срока начисляются проценты. Вскрытые упаковки обратно "
        "не принимаются, запечатанные можно вернуть.",
    ],
    "pol": [
        "Przesyłka opuściła nasz magazyn 14 marca i powinna dotrzeć do portu w ciągu dziewięciu dni roboczych. Prosimy "
        "sprawdzić plomby przed otwarciem drzwi i zapisać różnice na dowodzie dostawy.",
        "Należność jest płatna w ciągu trzydziestu dni. Po tym terminie doliczane są odsetki. Otwartych opakowań nie "
        "przyjmujemy, zamknięte można zwrócić.",
    ],
    "spa": [
        "La mercancía salió de nuestro almacén el 14 de marzo y debería llegar al puerto en un plazo de nueve días "
        "hábiles. Rogamos comprueben los precintos antes de abrir y anoten cualquier diferencia en el albarán.",
        "El importe vence a los treinta días de la fecha de factura. Después se añadirán intereses. Las cajas abiertas no "
        "se aceptan; las que aún están cerradas pueden devolverse.",
    ],
}

GOODS = [
    ("10417", "Filter cartridge KX 1180", "250", "7.85", "1962.50"),
    ("10422", "Sealing ring 40 mm", "1200", "0.32", "384.00"),
    ("20310", "Pressure gauge 0 to 6 bar", "18", "46.90", "844.20"),
    ("20355", "Hose coupling, brass", "75", "12.40", "930.00"),
    ("31008", "Pump housing, grey", "4", "318.00", "1272.00"),
    ("31090", "Impeller, stainless steel", "4", "209.50", "838.00"),
    ("40771", "Mounting set, complete", "36", "15.75", "567.00"),
    ("40802", "Cable gland M20", "500", "1.18", "590.00"),
    ("51266", "Control unit, 24 volts", "2", "742.00", "1484.00"),
    ("51301", "Temperature probe, 3 m", "9", "58.60", "527.40"),
    ("60014", "Operating manual, English", "11", "4.50", "49.50"),
    ("60120", "Freight and packing", "1", "136.00", "136.00"),
]
