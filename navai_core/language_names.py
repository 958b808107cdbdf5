"""English names of languages and places, from the CLDR in Babel 2.18.0: see scripts/languages."""

# ruff: noqa: RUF001 -- languages write their own names in their own letters

from collections.abc import Mapping
from typing import Final


def _unpack(text: str) -> Mapping[str, str]:
    return {code: name for code, _, name in (item.partition(" ") for item in text.split("|"))}


# ISO 639-1, and a few languages that have only a three-letter code.
LANGUAGES: Final = _unpack(
    "aa Afar|ab Abkhazian|ae Avestan|af Afrikaans|ak Akan|am Amharic|an Aragonese|ar Arabic|as Assamese|ast Asturian|"
    "av Avaric|ay Aymara|az Azerbaijani|ba Bashkir|be Belarusian|bg Bulgarian|bho Bhojpuri|bi Bislama|bm Bambara|"
    "bn Bangla|bo Tibetan|br Breton|bs Bosnian|ca Catalan|ce Chechen|ceb Cebuano|ch Chamorro|chr Cherokee|"
    "ckb Central Kurdish|co Corsican|cr Cree|cs Czech|cu Church Slavic|cv Chuvash|cy Welsh|da Danish|de German|"
    "dsb Lower Sorbian|dv Divehi|dz Dzongkha|ee Ewe|el Greek|en English|eo Esperanto|es Spanish|et Estonian|"
    "eu Basque|fa Persian|ff Fula|fi Finnish|fil Filipino|fj Fijian|fo Faroese|fr French|frr Northern Frisian|"
    "fur Friulian|fy Western Frisian|ga Irish|gd Scottish Gaelic|gl Galician|gn Guarani|gsw Swiss German|gu Gujarati|"
    "gv Manx|ha Hausa|haw Hawaiian|he Hebrew|hi Hindi|hmn Hmong|ho Hiri Motu|hr Croatian|hsb Upper Sorbian|"
    "ht Haitian Creole|hu Hungarian|hy Armenian|hz Herero|ia Interlingua|id Indonesian|ie Interlingue|ig Igbo|"
    "ii Sichuan Yi|ik Inupiaq|io Ido|is Icelandic|it Italian|iu Inuktitut|ja Japanese|jv Javanese|ka Georgian|"
    "kab Kabyle|kea Kabuverdianu|kg Kongo|ki Kikuyu|kj Kuanyama|kk Kazakh|kl Kalaallisut|km Khmer|kn Kannada|"
    "ko Korean|kok Konkani|kr Kanuri|ks Kashmiri|ku Kurdish|kv Komi|kw Cornish|ky Kyrgyz|la Latin|lb Luxembourgish|"
    "lg Ganda|li Limburgish|lij Ligurian|lmo Lombard|ln Lingala|lo Lao|lt Lithuanian|lu Luba-Katanga|lv Latvian|"
    "mai Maithili|mg Malagasy|mh Marshallese|mi Māori|mk Macedonian|ml Malayalam|mn Mongolian|mni Manipuri|"
    "mr Marathi|ms Malay|mt Maltese|my Burmese|na Nauru|nb Norwegian Bokmål|nd North Ndebele|nds Low German|"
    "ne Nepali|ng Ndonga|nl Dutch|nn Norwegian Nynorsk|no Norwegian|nr South Ndebele|nso Northern Sotho|nv Navajo|"
    "ny Nyanja|oc Occitan|oj Ojibwa|om Oromo|or Odia|os Ossetic|pa Punjabi|pap Papiamento|pcm Nigerian Pidgin|"
    "pi Pali|pl Polish|ps Pashto|pt Portuguese|qu Quechua|rm Romansh|rn Rundi|ro Romanian|ru Russian|rw Kinyarwanda|"
    "sa Sanskrit|sah Yakut|sc Sardinian|scn Sicilian|sd Sindhi|se Northern Sami|sg Sango|sh Serbo-Croatian|"
    "si Sinhala|sk Slovak|sl Slovenian|sm Samoan|sn Shona|so Somali|sq Albanian|sr Serbian|ss Swati|"
    "st Southern Sotho|su Sundanese|sv Swedish|sw Swahili|szl Silesian|ta Tamil|te Telugu|tg Tajik|th Thai|"
    "ti Tigrinya|tk Turkmen|tl Tagalog|tn Tswana|to Tongan|tpi Tok Pisin|tr Turkish|ts Tsonga|tt Tatar|tw Twi|"
    "ty Tahitian|ug Uyghur|uk Ukrainian|ur Urdu|uz Uzbek|ve Venda|vec Venetian|vi Vietnamese|vo Volapük|wa Walloon|"
    "wo Wolof|xh Xhosa|yi Yiddish|yo Yoruba|yue Cantonese|za Zhuang|zgh Standard Moroccan Tamazight|zh Chinese|"
    "zu Zulu"
)

# What English calls one language in one script or place.
DIALECTS: Final = _unpack(
    "ar-001 Modern Standard Arabic|de-AT Austrian German|de-CH Swiss High German|en-AU Australian English|"
    "en-CA Canadian English|en-GB British English|en-US American English|es-419 Latin American Spanish|"
    "es-ES European Spanish|es-MX Mexican Spanish|fa-AF Dari|fr-CA Canadian French|fr-CH Swiss French|"
    "nds-NL Low Saxon|nl-BE Flemish|pt-BR Brazilian Portuguese|pt-PT European Portuguese|ro-MD Moldavian|"
    "sr-ME Montenegrin|sw-CD Congo Swahili|zh-Hans Simplified Chinese|zh-Hant Traditional Chinese"
)

# ISO 15924.
SCRIPTS: Final = _unpack(
    "Adlm Adlam|Arab Arabic|Beng Bangla|Cyrl Cyrillic|Deva Devanagari|Guru Gurmukhi|Hans Simplified|Hant Traditional|"
    "Latn Latin|Mong Mongolian|Mtei Meitei Mayek|Tfng Tifinagh"
)

# ISO 3166-1, and the areas that stand in real tags.
TERRITORIES: Final = _unpack(
    "001 world|150 Europe|419 Latin America|AC Ascension Island|AD Andorra|AE United Arab Emirates|AF Afghanistan|"
    "AG Antigua & Barbuda|AI Anguilla|AL Albania|AM Armenia|AO Angola|AQ Antarctica|AR Argentina|AS American Samoa|"
    "AT Austria|AU Australia|AW Aruba|AX Åland Islands|AZ Azerbaijan|BA Bosnia & Herzegovina|BB Barbados|"
    "BD Bangladesh|BE Belgium|BF Burkina Faso|BG Bulgaria|BH Bahrain|BI Burundi|BJ Benin|BL St. Barthélemy|"
    "BM Bermuda|BN Brunei|BO Bolivia|BQ Caribbean Netherlands|BR Brazil|BS Bahamas|BT Bhutan|BV Bouvet Island|"
    "BW Botswana|BY Belarus|BZ Belize|CA Canada|CC Cocos (Keeling) Islands|CD Congo - Kinshasa|"
    "CF Central African Republic|CG Congo - Brazzaville|CH Switzerland|CI Côte d’Ivoire|CK Cook Islands|CL Chile|"
    "CM Cameroon|CN China|CO Colombia|CP Clipperton Island|CQ Sark|CR Costa Rica|CU Cuba|CV Cape Verde|CW Curaçao|"
    "CX Christmas Island|CY Cyprus|CZ Czechia|DE Germany|DG Diego Garcia|DJ Djibouti|DK Denmark|DM Dominica|"
    "DO Dominican Republic|DZ Algeria|EA Ceuta & Melilla|EC Ecuador|EE Estonia|EG Egypt|EH Western Sahara|ER Eritrea|"
    "ES Spain|ET Ethiopia|FI Finland|FJ Fiji|FK Falkland Islands|FM Micronesia|FO Faroe Islands|FR France|GA Gabon|"
    "GB United Kingdom|GD Grenada|GE Georgia|GF French Guiana|GG Guernsey|GH Ghana|GI Gibraltar|GL Greenland|"
    "GM Gambia|GN Guinea|GP Guadeloupe|GQ Equatorial Guinea|GR Greece|GS South Georgia & South Sandwich Islands|"
    "GT Guatemala|GU Guam|GW Guinea-Bissau|GY Guyana|HK Hong Kong SAR China|HM Heard & McDonald Islands|HN Honduras|"
    "HR Croatia|HT Haiti|HU Hungary|IC Canary Islands|ID Indonesia|IE Ireland|IL Israel|IM Isle of Man|IN India|"
    "IO British Indian Ocean Territory|IQ Iraq|IR Iran|IS Iceland|IT Italy|JE Jersey|JM Jamaica|JO Jordan|JP Japan|"
    "KE Kenya|KG Kyrgyzstan|KH Cambodia|KI Kiribati|KM Comoros|KN St. Kitts & Nevis|KP North Korea|KR South Korea|"
    "KW Kuwait|KY Cayman Islands|KZ Kazakhstan|LA Laos|LB Lebanon|LC St. Lucia|LI Liechtenstein|LK Sri Lanka|"
    "LR Liberia|LS Lesotho|LT Lithuania|LU Luxembourg|LV Latvia|LY Libya|MA Morocco|MC Monaco|MD Moldova|"
    "ME Montenegro|MF St. Martin|MG Madagascar|MH Marshall Islands|MK North Macedonia|ML Mali|MM Myanmar (Burma)|"
    "MN Mongolia|MO Macao SAR China|MP Northern Mariana Islands|MQ Martinique|MR Mauritania|MS Montserrat|MT Malta|"
    "MU Mauritius|MV Maldives|MW Malawi|MX Mexico|MY Malaysia|MZ Mozambique|NA Namibia|NC New Caledonia|NE Niger|"
    "NF Norfolk Island|NG Nigeria|NI Nicaragua|NL Netherlands|NO Norway|NP Nepal|NR Nauru|NU Niue|NZ New Zealand|"
    "OM Oman|PA Panama|PE Peru|PF French Polynesia|PG Papua New Guinea|PH Philippines|PK Pakistan|PL Poland|"
    "PM St. Pierre & Miquelon|PN Pitcairn Islands|PR Puerto Rico|PS Palestinian Territories|PT Portugal|PW Palau|"
    "PY Paraguay|QA Qatar|RE Réunion|RO Romania|RS Serbia|RU Russia|RW Rwanda|SA Saudi Arabia|SB Solomon Islands|"
    "SC Seychelles|SD Sudan|SE Sweden|SG Singapore|SH St. Helena|SI Slovenia|SJ Svalbard & Jan Mayen|SK Slovakia|"
    "SL Sierra Leone|SM San Marino|SN Senegal|SO Somalia|SR Suriname|SS South Sudan|ST São Tomé & Príncipe|"
    "SV El Salvador|SX Sint Maarten|SY Syria|SZ Eswatini|TA Tristan da Cunha|TC Turks & Caicos Islands|TD Chad|"
    "TF French Southern Territories|TG Togo|TH Thailand|TJ Tajikistan|TK Tokelau|TL Timor-Leste|TM Turkmenistan|"
    "TN Tunisia|TO Tonga|TR Türkiye|TT Trinidad & Tobago|TV Tuvalu|TW Taiwan|TZ Tanzania|UA Ukraine|UG Uganda|"
    "UM U.S. Outlying Islands|US United States|UY Uruguay|UZ Uzbekistan|VA Vatican City|VC St. Vincent & Grenadines|"
    "VE Venezuela|VG British Virgin Islands|VI U.S. Virgin Islands|VN Vietnam|VU Vanuatu|WF Wallis & Futuna|WS Samoa|"
    "XK Kosovo|YE Yemen|YT Mayotte|ZA South Africa|ZM Zambia|ZW Zimbabwe"
)

# What a language calls itself, in lower case.
NATIVE: Final = _unpack(
    "aa qafar|ab аԥсшәа|am አማርኛ|an aragonés|ar العربية|as অসমীয়া|ast asturianu|az azərbaycan|ba башҡорт теле|"
    "be беларуская|bg български|bho भोजपुरी|bm bamanakan|bn বাংলা|bo བོད་སྐད་|br brezhoneg|bs bosanski|ca català|"
    "ce нохчийн|chr ᏣᎳᎩ|ckb کوردیی ناوەندی|co corsu|cs čeština|cu церковнослове́нскїй|cv чӑваш|cy cymraeg|da dansk|"
    "de deutsch|dsb dolnoserbšćina|dv ދިވެހިބަސް|dz རྫོང་ཁ|ee eʋegbe|el ελληνικά|es español|et eesti|eu euskara|"
    "fa فارسی|ff pulaar|fi suomi|fo føroyskt|fr français|frr nordfriisk|fur furlan|fy frysk|ga gaeilge|gd gàidhlig|"
    "gl galego|gn avañe’ẽ|gsw schwiizertüütsch|gu ગુજરાતી|gv gaelg|haw ʻōlelo hawaiʻi|he עברית|hi हिन्दी|hr hrvatski|"
    "hsb hornjoserbšćina|ht kreyòl ayisyen|hu magyar|hy հայերեն|id indonesia|ii ꆈꌠꉙ|is íslenska|it italiano|"
    "iu ᐃᓄᒃᑎᑐᑦ|ja 日本語|jv jawa|ka ქართული|kab taqbaylit|ki gikuyu|kk қазақ тілі|km ខ្មែរ|kn ಕನ್ನಡ|ko 한국어|kok कोंकणी|"
    "ks کٲشُر|ku kurdî (kurmancî)|kw kernewek|ky кыргызча|la latina|lb lëtzebuergesch|lg luganda|lij ligure|"
    "ln lingála|lo ລາວ|lt lietuvių|lu tshiluba|lv latviešu|mai मैथिली|mk македонски|ml മലയാളം|mn монгол|mni মৈতৈলোন্|"
    "mr मराठी|ms melayu|mt malti|my မြန်မာ|nb norsk bokmål|nd isindebele|nds neddersass’sch|ne नेपाली|nl nederlands|"
    "nn norsk nynorsk|no norsk|nr isindebele|nso sesotho sa leboa|nv diné bizaad|om oromoo|or ଓଡ଼ିଆ|os ирон|"
    "pa ਪੰਜਾਬੀ|pap papiamentu|pcm naijíriá píjin|pl polski|ps پښتو|pt português|qu runasimi|rm rumantsch|rn ikirundi|"
    "ro română|ru русский|rw ikinyarwanda|sa संस्कृत भाषा|sah саха тыла|sc sardu|scn sicilianu|sd سنڌي|"
    "se davvisámegiella|sg sängö|si සිංහල|sk slovenčina|sl slovenščina|sn chishona|so soomaali|sq shqip|sr српски|"
    "ss siswati|st sesotho|su basa sunda|sv svenska|sw kiswahili|szl ślōnski|ta தமிழ்|te తెలుగు|tg тоҷикӣ|th ไทย|"
    "ti ትግርኛ|tk türkmen dili|tn setswana|to lea fakatonga|tr türkçe|ts xitsonga|tt татар|ug ئۇيغۇرچە|uk українська|"
    "ur اردو|uz o‘zbek|ve tshivenḓa|vec veneto|vi tiếng việt|wa walon|xh isixhosa|yi ייִדיש|yo èdè yorùbá|yue 粵語|"
    "za vahcuengh|zgh ⵜⴰⵎⴰⵣⵉⵖⵜ|zh 中文|zu isizulu"
)
