"""The operator's word list: banned in every prompt. Kept short; the provider has content rules of its own.

Entries are separated by commas: a word or a short phrase. `a|b` is either word, `word*` any word with that prefix.
"""

NUDITY = """
nude, nudes, nudity, naked, nakedness, topless, bottomless woman|girl|man|boy, undress|undresses|undressed|undressing,
nudify|nudifies|nudified, deepnude, striptease, strip|strips|stripping|stripped naked|nude,
strip|strips|stripping off her|his|their clothes|bra|underwear|panties|dress, strip|strips|stripping her|him|them,
take|takes|taking|took off her|his|their|my|all clothes|clothing|bra|panties|underwear|bikini|dress|knickers,
take|takes|taking|took her|his|their|my clothes|bra|panties|underwear|bikini|dress|knickers off,
take|takes|taking|took off all her|his|their clothes|clothing,
take|takes|taking|took all her|his|their|my clothes|clothing off,
remove|removes|removing|removed her|his|their|the|all clothes|clothing|bra|panties|underwear|bikini|knickers,
remove|removes|removing|removed all her|his|their clothes|clothing, without clothes|clothing, wearing nothing,
wearing no clothes|underwear|bra, no clothes on, in the nude, see through her|his|their clothes|dress|shirt,
bare|naked|exposed breasts|breast|chest|ass|butt, her breasts|tits, big breasts, boobs, boobies, tits, titties,
nipple, nipples, penis, penises, vagina, vaginas, vulva, genitals, genitalia, pussy, upskirt, downblouse, cameltoe,
nackt, nackte, nackter, nacktes, nackten, nacktem, nacktbild*, nacktfoto*, entkleidet, entkleiden,
zieht|ziehen sich aus, zieh dich|sie aus, titten, ohne kleidung, femme|fille|homme|personne nue, femmes|filles nues,
homme nu, tout nu, toute nue, seins nus, deshabille*,
enleve|enlevent|retire|retirent|enlever|retirer ses|leurs|tes|les vetements, sans vetements, desnuda, desnudo,
desnudas, desnudos, desnudez, desnudarse, desnudate, desnudandose, sin ropa,
quita|quitan|quitarse|quitate|quitale|quitandose la ropa, nuda, si spoglia|spogliano, spogliala, spogliarsi,
spogliarello, toglie|tolgono i vestiti, senza vestiti, uomo|ragazzo|completamente nudo, nua, nuas,
homem|completamente nu, tirar|tira|tirando|tiram a roupa, sem roupa, голая, голую, голый, голые, голого, обнаженная,
обнаженную, обнаженный, обнаженные, раздевается, раздеваются, раздевание, раздеться, разденься, раздень,
снимает|снимают одежду, без одежды, сиськи, вагина, пенис
"""

SEX = """
sex, sexual intercourse|act|acts, porn, porno, pornos, pornography, pornographic, hentai, orgasm*, masturbat*,
ejaculat*, blowjob*, blow job, blow jobs, handjob*, hand job, cumshot*, cum, cumming, fellatio, cunnilingus,
deepthroat*, anal, gangbang*, threesome, orgy, orgies, doggystyle, doggy style, missionary position, cowgirl position,
reverse cowgirl, fuck|fucks|fucking|fucked her|him|me|them|you, fucking|fuck each other, getting|gets|being fucked,
dildo, dildos, bdsm, make|makes|making|made love, jerk|jerks|jerking off, onlyfans, rape, rapes, raped, raping,
rapist, rapists, molest*, grope, gropes, groping, groped, ficken, fickt, gefickt, fick, geschlechtsverkehr, oralsex,
pornografi*, vergewaltig*, selbstbefriedigung, masturbier*, pornographie, pornographique,
rapport|rapports|relation|relations sexuel|sexuels|sexuelle|sexuelles, faire l amour, font l amour, sexe oral|anal,
branler, se branle, baiser elle|lui, fellation, se fait violer, violer une, violee, pornografia, pornografico,
pornografica, sexo oral|anal|explicito, tener|tienen|teniendo|haciendo|hacer sexo, hacer|hacen|haciendo el amor,
follar, follando, follan, violada, mamada, mamadas, masturba*, sesso orale|anale|esplicito,
fare|fanno|facendo sesso, fare|fanno|facendo l amore, scopare, scopano, scopando, pompino, stupro, stuprat*,
fazer|fazem|fazendo sexo, transando, trepando, boquete, estupro, estuprad*, punheta, секс, порно, порнограф*, трахает,
трахают, трахаются, трахать, ебет, ебут, ебутся, минет, оргазм*, мастурб*, изнасил*
"""

MINORS = """
loli, lolis, lolicon, shota, shotacon, jailbait, pedo, pedos, pedophil*, paedophil*, pedofil*, padophil*, kinderporn*,
cp video, childporn, педофил*, лоликон
"""

GORE = """
gore, gory, behead*, decapitat*, dismember*, disembowel*, mutilat*, eviscerat*,
severed head|heads|limb|limbs|hand|arm|leg, slit|slits|slitting|cut|cuts|cutting her|his|their throat|throats|wrists,
snuff film|video, torturing|tortures her|him, commit|commits|committing suicide,
kills|kill|hangs|hanging|shoots himself|herself|themselves, shot|shoots|shooting her|him in the head, blood and guts,
enthaupt*, verstummel*, zerstuckel*, decapit*, demembr*, eventr*, descuartiz*, squarta*, mutilad*, esquartej*,
обезглав*, расчлен*, отрубленная голова
"""

SLURS = """
nigger, niggers, nigga, niggas, faggot, faggots, kike, kikes, spic, spics, wetback, wetbacks, tranny, trannies, gook,
gooks, paki, pakis, raghead, ragheads, towelhead, towelheads, retarded person|people|kid|girl|boy|man|woman, neger,
negern, kanake, kanaken, judensau, schwuchtel*, bougnoule*, youpin, youpins, sale|sales negre|arabe|juif, maricon,
maricones, sudaca, sudacas, frocio, froci, negro di merda, viado, viados, пидор*, пидар*, жиды, ниггер*, чурки
"""

HARMLESS = """
naked mole rat|rats, naked eye, naked flame|flames|light, naked cake, naked tree|trees|branch|branches, naked truth,
nude lipstick|lips|nails|heels|pumps|shoes|makeup|tone|tones|colour|color|colours|colors|shade|shades,
undress|undresses|undressing the tree, undress|undresses|undressing the christmas tree, same sex, opposite sex,
sex pistols, sex and the city, sex education, cum laude, al gore, gore tex,
blue|great|coal|marsh|willow|crested|tufted tit|tits, pussy willow|willows|cat|cats, pussy riot,
rape field|fields|blossom|blossoms|seed|oil|flower|flowers, oilseed rape, cime di rape,
nackte|nackten aste|asten|fusse|fussen|baume|baumen|felsen|fels|hande|handen|wande|wand|stein,
zieht|ziehen sich aus der, pies|pie|arbol|arboles|ramas|rama desnudo|desnudos|desnuda|desnudas, ojo desnudo,
albero si spoglia, alberi si spogliano, roccia nuda, rocha nua, parede nua, deshabille le sapin,
голые ветки|ветви|деревья|скалы|стены, голый камень|лес, голая земля|стена|скала, голого камня
"""
"""Phrases in which a listed word is harmless."""

MARKED = frozenset({"râpe", "râpes", "râpé", "râpée", "râpés", "râpées"})
"""Words that are harmless with their accents, and listed without them."""

YOUNG = """
child, children, kid, kids, little girl, little girls, little boy, little boys, young girl, young girls, schoolgirl,
schoolgirls, schoolboy, schoolboys, teen, teens, teenage, teenager, teenagers, underage, preteen, preteens, toddler,
toddlers, minors, kinder, enfant, enfants, nino, nina, ninos, ninas, bambina, bambino, bambini, bambine,
crianca, criancas, ребенок, дети, девочка, девочки
"""
SUGGESTIVE = """
sexy, sexual, sexually, sexualized, seductive, seductively, erotic, erotically, erotica, sensual, sensually, lingerie,
twerk, twerks, twerking, stripper, strippers, horny, aroused, sexuell, erotisch, sexuel, sexuelle, erotique, erotico,
erotica, sexualmente, sensuell, sensuale, sensualmente, эротично, эротический, сексуально, сексуальная
"""
"""Words banned together with a word for a minor; each is harmless alone."""
